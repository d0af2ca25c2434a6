# Everything on a machine that has only Python (3.10 to 3.13), pip and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO_OPTIONS ?= --steps 128
WEIGHTS := bvlc_googlenet.npz InceptionV1_caffe.pb
# The first of these folders that holds one of these files.
FOUND := $(firstword $(foreach folder,$(TFVIS_WEIGHTS_DIR) ../shared/weights,\
  $(if $(wildcard $(addprefix $(folder)/,$(WEIGHTS))),$(folder))))

.PHONY: demo test format clean

demo: require-weights $(VENV)/installed
	TFVIS_WEIGHTS_DIR="$(FOUND)" $(BIN)/python GroupClassDiscVis.py $(DEMO_OPTIONS)

test: $(VENV)/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(if $(FOUND),TFVIS_WEIGHTS_DIR="$(FOUND)") $(BIN)/python -m pytest

format: $(VENV)/installed-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf "$(VENV)" build *.egg-info .pytest_cache .ruff_cache

.PHONY: require-weights
require-weights:
	@if [ -z "$(FOUND)" ]; then \
	  echo "make demo needs GoogLeNet's weights. Get the file" >&2; \
	  echo "  https://storage.googleapis.com/modelzoo/vision/caffe_models/InceptionV1.pb" >&2; \
	  echo "save it as InceptionV1_caffe.pb in a folder of yours, and run" >&2; \
	  echo "  TFVIS_WEIGHTS_DIR=/that/folder make demo" >&2; \
	  exit 2; \
	fi

$(BIN)/python:
	$(PYTHON) -m venv "$(VENV)"

$(VENV)/installed: setup.cfg setup.py pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

$(VENV)/installed-test: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[test]"
	touch $@
