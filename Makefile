# make help lists the targets. Everything is installed into .venv and ui/node_modules, nothing elsewhere.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
NPM := cd ui && PATH="$(CURDIR)/$(BIN):$$PATH" npm
UI_SOURCES := $(shell find ui -type f -not -path 'ui/node_modules/*' -not -path 'ui/src/gql/*' 2>/dev/null)

.PHONY: help setup run test lint types unit ui ui-test schema bench fuzz chaos lock clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: .venv/.ready graphql_api/static/index.html ## Install everything and build the UI

run: setup ## Run the demo: all roles and a simulated market
	@$(BIN)/python -m wattbook run --demo

test: setup lint types ui-test ## Run every check that CI runs
	$(BIN)/python -m pytest

unit: .venv/.ready ## Run the tests that need no database
	$(BIN)/python -m pytest tests/unit

lint: .venv/.ready ui/node_modules/.ready ## Check style and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(NPM) run --silent lint

types: .venv/.ready graphql_api/static/index.html ## Check all types
	$(BIN)/mypy
	$(NPM) run --silent types

ui: graphql_api/static/index.html ## Build the dashboard and the GraphiQL page

ui-test: graphql_api/static/index.html ## Run the UI's own tests
	$(NPM) run --silent test

schema: .venv/.ready ## Write the GraphQL schema to ui/schema.graphql
	$(BIN)/python -m wattbook.schema ui/schema.graphql

bench: setup ## Measure Wattbook beside what one would use instead
	$(BIN)/python -m benchmarks

chaos: setup ## Kill and cut at random for half an hour; ARGS="--seed 7 --minutes 5 --kills 30" for another run
	$(BIN)/python -W "ignore:XDG_RUNTIME_DIR is not set" -m tests.chaos $(ARGS)

fuzz: .venv/.ready ## Try a million hostile messages on the parser and the roles
	$(BIN)/python -m tests.fuzz --messages 1000000

lock: .venv/.ready ## Pin the newest allowed versions of all dependencies
	cd requirements && for of in run all; do \
	  ../$(BIN)/pip-compile --quiet --upgrade --strip-extras --generate-hashes --allow-unsafe --no-header \
	    --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options -o $$of.txt $$of.in; done

clean: ## Remove everything that was installed or built; data in .wattbook stays
	rm -rf .venv ui/node_modules ui/src/gql graphql_api/static *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/.ready: requirements/all.txt setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Wattbook needs Python 3.11 or newer; say which with PYTHON=..."; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/all.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

ui/node_modules/.ready: ui/package.json ui/package-lock.json | .venv/.ready
	$(NPM) ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

graphql_api/static/index.html: ui/node_modules/.ready $(UI_SOURCES)
	$(NPM) run --silent build
	@touch $@
