# The two commands: `make demo` and `make test`.  Each target makes its own .venv on first use.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.complete
ARGS ?=

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv \
	  || { echo "no venv module: install the package python3-venv, or set PYTHON="; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP)  ## a node with 24 cameras and a recorder; open the printed address
	$(BIN)/tongshi demo $(ARGS)

test: $(STAMP)  ## all tests but the long ones
	$(BIN)/python -m pytest -m "not long" -n 2 --dist loadfile -q $(ARGS)

test-long: $(STAMP)  ## soak, large scale, long fuzz runs
	$(BIN)/python -m pytest -m long -q $(ARGS)

check: $(STAMP)  ## ruff, mypy and the architecture test, in under a minute
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_architecture.py tests/test_docs.py

bench: $(STAMP)  ## measure everything that has a figure; ARGS=--quick for a short run
	$(BIN)/tongshi bench signalling --json $(ARGS)
	$(BIN)/tongshi bench catalog --json $(ARGS)
	$(BIN)/tongshi bench media --json $(ARGS)
	$(BIN)/tongshi bench ondemand --json $(ARGS)
	$(BIN)/tongshi bench audit --json $(ARGS)
	$(BIN)/tongshi bench notices --json $(ARGS)

docs: $(STAMP)  ## write the generated pages under docs/
	$(BIN)/tongshi docs
	$(BIN)/python -m tongshi.testing.conformance

lock: $(STAMP)  ## renew requirements.lock from pyproject.toml
	$(BIN)/pip-compile --quiet --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	  --generate-hashes --allow-unsafe --strip-extras --extra dev -o requirements.lock pyproject.toml

.PHONY: help demo test test-long check bench docs lock
