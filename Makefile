# The virtual environment is made and filled by the targets that need it; setup.cfg says what goes into it.
#   make run ARGS="--for 2h"     passes options on
#   make test PYTHON=python3.12  chooses the Python for a new virtual environment
#   make test WORKERS=8          has so many processes share the tests

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
SHELL := /bin/sh

BIN := .venv/bin
REQUIREMENTS := setup.cfg pyproject.toml
# Each has servers of its own. Tests of whole fleets wait a lot, so a few more than there are cores are of use.
WORKERS := 3
CLIENTS := $(notdir $(basename $(wildcard tests/conformance/requirements/*.txt)))
export HERE := $(CURDIR)

.PHONY: help install run test test-long features lint conformance bench clean

help: ## Lists the targets
	@echo "Usage: make TARGET [ARGS=\"options\"] [PYTHON=python3.12]"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' Makefile | while IFS='|' read -r target text; do \
		printf '%-13s %s\n' "$$target" "$$text"; done

install: .venv/installed ## Makes .venv with everything the fleet needs to run

run: .venv/installed ## Runs the fleet with all its processes; Ctrl-C ends it (options: see manufacturing up --help)
	@exec $(BIN)/manufacturing up $(ARGS)

test: lint ## Runs every check: lint, then pytest, then behave
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder
	$(BIN)/python -m behave

test-long: .venv/installed-dev ## Runs what takes minutes: races, kills at every step, long random runs
	$(BIN)/python -m pytest -m long -s $(ARGS)

features: .venv/installed-dev ## Runs every scenario and writes down which methods of the services they exercise
	RECORD_FEATURE_COVERAGE=1 $(BIN)/python -m behave $(ARGS)

lint: .venv/installed-dev ## Checks style, types and the directions of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

conformance: .venv/installed-dev $(CLIENTS:%=.venv-conformance/%/installed) ## Has clients that others wrote play in the simulator
	$(BIN)/python -m pytest tests/conformance/suite.py $(ARGS)

bench: .venv/installed-dev ## Measures what the project promises; writes benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks.run $(ARGS)

clean: ## Removes the virtual environments and everything built; keeps the player's data in .manufacturing
	rm -rf .venv .venv-conformance build dist *.egg-info .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name .manufacturing -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +

.venv/installed: .venv/made-in $(REQUIREMENTS)
	@echo "Installing what the fleet needs to run into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/installed-dev: .venv/made-in $(REQUIREMENTS)
	@echo "Installing the fleet and the tools to check it into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ .venv/installed

# What the clients need clashes, so each has an environment of its own.
.venv-conformance/%/installed: tests/conformance/requirements/%.txt | .venv/made-in
	@echo "Installing $* into .venv-conformance/$* ..."
	@$(BIN)/python -m venv --clear .venv-conformance/$*
	@.venv-conformance/$*/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

# A virtual environment that was moved here with its directory, or whose Python is gone, does not work.
ifneq ($(shell $(BIN)/python -c '' 2>/dev/null && cat .venv/made-in 2>/dev/null),$(CURDIR))
.PHONY: .venv/made-in
endif

# One without the mark was made by hand: if it works, it is used as it is.
.venv/made-in:
	@if [ ! -e $@ ] && $(BIN)/python -m pip --version >/dev/null 2>&1 && \
		$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
		printf '%s\n' "$$HERE" > $@; exit; fi; \
	incomplete=; \
	for candidate in $(if $(PYTHON),"$(PYTHON)",python3.13 python3.12 python3.11 python3 python); do \
		"$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue; \
		"$$candidate" -c 'import ensurepip, venv' 2>/dev/null || { incomplete=$$candidate; continue; }; \
		echo "Making .venv with $$("$$candidate" --version) ..."; \
		"$$candidate" -m venv --clear .venv && printf '%s\n' "$$HERE" > $@; exit; \
	done; \
	if [ "$$incomplete" ]; then \
		echo "$$incomplete cannot make virtual environments: its ensurepip module is missing." >&2; \
		echo "On Debian and Ubuntu: sudo apt install python3-venv (or python3.NN-venv for that version)." >&2; \
		exit 1; fi; \
	echo "No Python 3.11 or newer found$(if $(PYTHON), at PYTHON=$(PYTHON),). Install one," \
		"or say where it is: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; exit 1
