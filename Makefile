# Every target makes what it needs in .venv. Needs Python 3.11 or newer and network access to PyPI; nothing else.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
DEV := bundled,bundled-base,synth,ja,sphinx,lhotse,datasets,sign,exports,dev
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: help demo test lint bench simulate results clean
.DEFAULT_GOAL := help

help:
	@echo "make demo   a whole audit on synthetic accents, in a few minutes"
	@echo "make test   lint, types, and every test (also installs torch: some 5 GB)"
	@echo "make lint   ruff and mypy --strict"
	@echo "make bench  speed beside peers, in one run"
	@echo "make results  debias real weights on real speech; resumable, hours; writes docs/results/debias.md"
	@echo "make simulate  do the intervals cover what they promise? writes docs/results/coverage.md (minutes)"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "speechfair needs Python 3.11 or newer; name one: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 \
	  || { rm -rf $(VENV); $(PYTHON) -m venv --without-pip $(VENV) && $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; } \
	  || { rm -rf $(VENV); echo "this Python can make no virtual environment; install its venv module (Debian: python3-venv)"; exit 1; }

$(VENV)/core.stamp: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing speechfair into $(VENV) …"
	@$(PIP) -e '.[bundled,synth]'
	@touch $@

$(VENV)/dev.stamp: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing speechfair with its test tools into $(VENV) …"
	@$(PIP) -e '.[$(DEV)]'
	@touch $@ $(VENV)/core.stamp

$(VENV)/all.stamp: $(VENV)/dev.stamp
	@echo "installing the hf extra (torch, transformers) into $(VENV) …"
	@$(PIP) -e '.[$(DEV),hf]'
	@touch $@

demo: $(VENV)/core.stamp
	@$(BIN)/speechfair demo

lint: $(VENV)/dev.stamp
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

test: $(VENV)/all.stamp
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest

bench: $(VENV)/all.stamp
	@$(BIN)/python -m benchmarks

simulate: $(VENV)/dev.stamp
	@$(BIN)/python -m benchmarks.simulate_coverage --draws 2000

results: $(VENV)/all.stamp
	@$(BIN)/python -m benchmarks.debias_results
	@$(BIN)/python -m benchmarks.debias_planted

clean:
	rm -rf $(VENV) runs build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
