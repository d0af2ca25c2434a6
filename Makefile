# Everything on a machine that has only Python (3.10 to 3.13), pip and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO_OPTIONS ?= --steps 128

# Shell code: sets TFVIS_WEIGHTS_DIR to the first folder that holds GoogLeNet's weights, if any does.
define FIND_WEIGHTS
found=; \
for folder in "$$TFVIS_WEIGHTS_DIR" ../shared/weights; do \
  for file in bvlc_googlenet.npz InceptionV1_caffe.pb; do \
    if [ -z "$$found" ] && [ -f "$$folder/$$file" ]; then found="$$folder"; fi; \
  done; \
done; \
if [ -n "$$found" ]; then export TFVIS_WEIGHTS_DIR="$$found"; else unset TFVIS_WEIGHTS_DIR; fi
endef

.PHONY: demo test format clean

demo: $(VENV)/installed
	@$(FIND_WEIGHTS); $(BIN)/python GroupClassDiscVis.py $(DEMO_OPTIONS)
	@$(BIN)/python GroupKernelVisShapResNet.py --model critters_resnet $(DEMO_OPTIONS) \
		--output residual

test: $(VENV)/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(FIND_WEIGHTS); $(BIN)/python -m pytest -n 2 --dist loadfile

format: $(VENV)/installed-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf "$(VENV)" build *.egg-info .pytest_cache .ruff_cache

$(BIN)/python:
	$(PYTHON) -m venv "$(VENV)"

$(VENV)/installed: setup.cfg setup.py pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

$(VENV)/installed-test: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[test]"
	touch $@
