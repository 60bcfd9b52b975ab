# The doors of the project. Each makes sure of the environment first, so any of them works in
# a fresh clone with Python 3.11+, make, git and a C compiler.
PYTHON ?= python3
BIN := .venv/bin
CODE := src tests benchmarks recipes docs
# On a machine without a GPU a smaller torch will do:
#   make setup PIP_ARGS="--extra-index-url https://download.pytorch.org/whl/cpu"
PIP_ARGS ?=

# One worker per core, each with one thread; a file's tests share its fixtures, so they stay together.
TESTS := OMP_NUM_THREADS=1 $(BIN)/pytest -q -n auto --dist loadfile

# What `make song` makes.
RECORDINGS ?= demo/sectoid
ARTIST ?= Sectoid
TITLE ?= Winnow
MINUTES ?= 1.5
BUDGET ?= 2m
FAMILY ?= wavenet
WORKSPACE ?= song

.PHONY: setup check lint types floors docs-check test song bench docs clean

# Two makes at once must not fill one environment together: the second waits for the first
# and then finds nothing to do.
setup:
	@if command -v flock > /dev/null; \
	then flock .setup.lock $(MAKE) --silent --no-print-directory .venv/.ready; \
	else $(MAKE) --silent --no-print-directory .venv/.ready; fi

# --no-compile: Python compiles what is imported, which is a fraction of what is installed.
.venv/.ready: pyproject.toml constraints.txt
	@echo 'installing into .venv (about a minute)' >&2
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --prefer-binary --no-compile \
		--constraint constraints.txt $(PIP_ARGS) --editable '.[dev,more-formats]'
	@touch $@

# Everything that must hold before a commit; the tests come last.
check: lint types floors docs-check
	$(TESTS)

lint: setup
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)

types: setup
	$(BIN)/mypy

floors: setup
	$(BIN)/lint-imports

docs-check: setup
	$(BIN)/python docs/generate.py --check

test: setup
	$(TESTS)

song: setup
	$(BIN)/thresher --workspace "$(WORKSPACE)" album "$(RECORDINGS)" \
		--artist "$(ARTIST)" --title "$(TITLE)" --minutes $(MINUTES) --budget $(BUDGET) \
		--family $(FAMILY)

bench: setup
	$(BIN)/python benchmarks/page.py

docs: setup
	$(BIN)/python docs/generate.py

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
