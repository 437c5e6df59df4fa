# Both `make demo` and `make test` start from nothing but python3 and make.

PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2
PYTHONS ?= $(PYTHON)

BIN := $(VENV)/bin
METADATA := setup.cfg pyproject.toml constraints.txt
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

PYTEST := $(BIN)/python -m pytest -n $(WORKERS)

VENV_READY := $(VENV)/.venv-ready
TEST_READY := $(VENV)/.test-ready
LINT_READY := $(VENV)/.lint-ready
DOCS_READY := $(VENV)/.docs-ready
BENCH_READY := $(VENV)/.bench-ready
GAP_VENV ?= .venv-gap
GAP = $(firstword $(wildcard $(CURDIR)/$(GAP_VENV)/lib/python*/site-packages/gap/gap))

# Looked at when the environment is made, not before: `make help` needs no Python.
PROBE = $(shell $(PYTHON) -c "import sys; from importlib.util import find_spec as f; \
	print('old' if sys.version_info < (3, 11) else 'ok' if f('venv') and f('ensurepip') else 'bare')" 2>/dev/null)
OLD = this needs Python 3.11 or newer, which '$(PYTHON)' is not. Name another: make $(MAKECMDGOALS) PYTHON=python3.12
BARE = '$(PYTHON)' cannot create environments. Install its venv module (Debian, Ubuntu: python3-venv) or name another: make $(MAKECMDGOALS) PYTHON=...

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow test-nojit coverage lint figures notebooks docs explorer validate dist release-check bench bench-irreps bench-identify bench-sweeps bench-training gap test-gap clean FORCE

help:  ## list these targets
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/make \1: \2/p' Makefile

# Each worker and each notebook would otherwise start a BLAS thread per core. What the user has set stands.
CALM := test test-slow test-nojit test-gap coverage notebooks docs
$(CALM): export OMP_NUM_THREADS ?= 1
$(CALM): export OPENBLAS_NUM_THREADS ?= 1
$(CALM): export MKL_NUM_THREADS ?= 1

demo: $(TEST_READY)  ## the whole story on a real image
	$(BIN)/python -m sensing_theorems.demo

test: $(TEST_READY)  ## all fast tests
	$(PYTEST) $(ARGS)

test-slow: $(TEST_READY)  ## the tests marked slow
	$(PYTEST) -m slow $(ARGS)

test-nojit: $(TEST_READY)  ## the fast tests of the core, kernels run as plain Python
	NUMBA_DISABLE_JIT=1 $(PYTEST) -m 'not slow and not torch and not compiled' $(ARGS)

coverage: $(LINT_READY)  ## like test-nojit, with line coverage: compiled kernels would count as unseen
	NUMBA_DISABLE_JIT=1 $(PYTEST) --cov --cov-report=term $(ARGS)

lint: $(LINT_READY)  ## style, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

notebooks: $(TEST_READY)  ## write the copies of the course anew, and run them all
	$(BIN)/python notebooks/build.py
	cd notebooks && ../$(BIN)/python -m pytest -n $(WORKERS) --nbmake --nbmake-timeout=300 *.ipynb $(ARGS)

docs: $(DOCS_READY)  ## the documentation, in docs/_build/html; notebooks are executed
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html $(ARGS)

explorer: $(TEST_READY)  ## write docs/explorer.html anew
	$(BIN)/python docs/explorer/build.py

figures: $(TEST_READY)  ## draw the figures again, and write their gallery
	$(BIN)/python figures/make.py
	$(BIN)/python figures/rotation.py
	$(BIN)/python figures/spurious.py
	$(BIN)/python figures/phases.py
	$(BIN)/python figures/toy.py
	$(BIN)/python figures/headlines.py
	$(BIN)/python figures/gallery.py

validate: $(TEST_READY)  ## train in every setup, and compare with what theory says; under 40 minutes, goes on after any stop
	$(BIN)/python figures/validate.py $(ARGS)
	$(BIN)/python figures/headlines.py

bench: $(BENCH_READY)  ## ranks against named peers: a table of ratios, and two figures
	$(BIN)/python benchmarks/run.py $(ARGS)

bench-irreps: $(BENCH_READY) gap  ## multiplicities against GAP: a table of ratios
	GAP=$(GAP) $(BIN)/python benchmarks/irreps.py $(ARGS)

bench-identify: $(BENCH_READY)  ## exact identification: a loop of NumPy, and how large unions may be
	$(BIN)/python benchmarks/identification.py $(ARGS)
	$(BIN)/python benchmarks/unions.py $(ARGS)

bench-sweeps: $(BENCH_READY)  ## sweeps: a loop of NumPy, the published diagram, what workers cost
	$(BIN)/python benchmarks/sweeps.py $(ARGS)

bench-training: $(TEST_READY)  ## a step of training: a plain loop of PyTorch, and deepinv
	$(BIN)/python benchmarks/training.py $(ARGS)

# GAP is under the GPL and a program of its own: an oracle for tests and benchmarks, no dependency.
gap: $(GAP_VENV)/.gap-ready  ## put GAP into an environment of its own

$(GAP_VENV)/.gap-ready:
	$(PYTHON) -m venv $(GAP_VENV)
	$(GAP_VENV)/bin/python -m pip install -qq --disable-pip-version-check passagemath-gap
	@touch $@

test-gap: $(TEST_READY) gap  ## irreps against GAP
	GAP=$(GAP) $(PYTEST) -m slow tests/test_gap.py $(ARGS)

# Wheels come out the same to the byte for equal sources; sdists do not, since gzip keeps the time.
dist: export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 315532800)
dist: $(TEST_READY)  ## a wheel and an sdist, in dist/
	rm -rf dist
	$(PIP) build twine
	$(BIN)/python -m build
	$(BIN)/python -m twine check --strict dist/*

release-check: dist  ## the wheel tested outside of the repository: PYTHONS="python3.11 python3.14"
	.ci/release-check $(PYTHONS)

clean:  ## remove the environment and everything built
	rm -rf $(VENV) $(GAP_VENV) build dist *.egg-info .pytest_cache .hypothesis .mypy_cache .ruff_cache \
		.import_linter_cache .coverage htmlcov \
		docs/_build docs/reference/generated docs/tutorials/*.ipynb
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp may outlive the interpreter it stands for, for example when Python was upgraded.
ifeq ($(wildcard $(BIN)/python),)
$(VENV_READY): FORCE
endif

$(VENV_READY):
	@$(if $(filter ok,$(PROBE)),:,$(error $(if $(filter bare,$(PROBE)),$(BARE),$(OLD))))
	$(PYTHON) -m venv $(VENV)
	@touch $@

# deepinv comes without what it asks for further: gigabytes, and nothing that the tests of its adapter need.
$(TEST_READY): $(VENV_READY) $(METADATA)
	@echo "Installing into $(VENV); the first time this takes a minute or two."
	$(PIP) -e '.[test]'
	$(PIP) --no-deps deepinv torchvision
	@touch $@

$(LINT_READY): $(TEST_READY)
	$(PIP) -e '.[test,lint]'
	@touch $@

$(DOCS_READY): $(TEST_READY)
	$(PIP) -e '.[test,docs]'
	@touch $@

$(BENCH_READY): $(VENV_READY) $(METADATA)
	$(PIP) -e '.[bench]'
	@touch $@
