# Everything on a machine that has only Python (3.10 to 3.13), pip and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP_INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
DEMO_OPTIONS ?= --icon-steps 128
PYTEST = $(BIN)/python -m pytest -n 2 --dist loadfile --durations=20 --durations-min=5
# From Python 3.12 lines are counted by sys.monitoring, which costs less than a trace function.
COVERAGE_CORE = $(shell $(BIN)/python -c \
  "import sys; print('sysmon' if sys.version_info >= (3, 12) else 'ctrace')")

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

.PHONY: demo example-result notebooks gallery docs test every-test coverage check quick-tests static format clean

# Each of the two runs ends with the picture to open first; the photograph's comes last.
demo: $(VENV)/installed
	@echo "The first of two runs: a residual network."
	@$(BIN)/python GroupKernelVisShapResNet.py --model critters_resnet $(DEMO_OPTIONS) \
		--output demo/residual
	@echo "The second run: GoogLeNet, or critters where its weights are not to be had."
	@$(FIND_WEIGHTS); $(BIN)/python GroupClassDiscVis.py $(DEMO_OPTIONS) --output demo

# Renews the result that the repository shows, and writes nothing else that git does not ignore.
example-result: $(VENV)/installed
	@rm -rf build/example-result
	@$(BIN)/python GroupClassDiscVis.py --model critters $(DEMO_OPTIONS) \
		--output build/example-result
	@git ls-files -z dog_cat224 | xargs -0 rm -f
	@cp -R build/example-result/dog_cat224 .

# Runs the example notebooks again, in their places, and keeps small outputs.
notebooks: $(VENV)/installed-test
	@$(BIN)/python .ci/notebooks.py examples/*.ipynb

# Makes the pictures of docs/gallery again, by the commands that its page shows.
gallery: $(VENV)/installed
	@$(BIN)/python examples/gallery.py

# The site: warnings are errors, and so are broken links and whatever is loaded from elsewhere.
docs: $(VENV)/installed-test
	@$(BIN)/python -m sphinx -b html -q -W --keep-going -d build/doctrees docs build/docs
	@$(BIN)/python .ci/check_links.py build/docs
	@echo "Open build/docs/index.html"

# Style, types and every test. With `make -j2 test` the tests do not wait for style and types.
test: static every-test

every-test: $(VENV)/installed-test
	@$(FIND_WEIGHTS); $(PYTEST)

# How many lines the tests run. Slower than `test` by about half before Python 3.12.
coverage: $(VENV)/installed-test
	@$(FIND_WEIGHTS); export COVERAGE_CORE=$(COVERAGE_CORE); \
	$(PYTEST) --cov --cov-report=term --cov-report=json:build/coverage.json
	$(BIN)/python .ci/coverage_floor.py build/coverage.json 75

# Before a commit: style, types, and the tests that are not slow; `make -j2 check` is quicker, too.
check: static quick-tests

quick-tests: $(VENV)/installed-test
	@$(FIND_WEIGHTS); $(PYTEST) -m "not slow"

static: $(VENV)/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright --pythonpath $(BIN)/python

format: $(VENV)/installed-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf "$(VENV)" build *.egg-info .pytest_cache .ruff_cache .coverage .coverage.*

$(BIN)/python:
	$(PYTHON) -m venv "$(VENV)"

$(VENV)/installed: setup.cfg setup.py pyproject.toml | $(BIN)/python
	$(PIP_INSTALL) -e .
	touch $@

$(VENV)/installed-test: $(VENV)/installed
	$(PIP_INSTALL) -e ".[test]"
	touch $@
