# The doors of the project. Everything a fresh machine needs is installed by `setup`.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup check test song bench docs clean
setup: .venv/.ready

.venv/.ready: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,more-formats]'
	touch $@

check: setup
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q

test: setup
	$(BIN)/pytest -q
