# The two that matter: `make demo` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The first Python of 3.11 or newer that really runs (a pyenv shim may exist without its Python). Set PYTHON to choose another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && command -v $$p && exit; done; true)

VENV := .venv
BIN := $(VENV)/bin
MADE := $(VENV)/.made
RUN := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
# Only what the lock names, and never a package that would have to be built with unlocked tools. The lock is whole, so pip has
# nothing to resolve: an older pip that does takes the newest `coverage[toml]` of the index for an unpinned one (of 23.2.1).
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCKED := --require-hashes --no-deps --only-binary :all:

.PHONY: help demo test check fix bench docs second-reader corpus-report fuzz clean simulate torture mutation lock

help: ## what there is
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

demo: $(RUN) ## install, run the samples, show every letter and follow-up (under 3 minutes)
	@$(BIN)/python -m tools.demo

test: $(DEV) ## the whole suite, with branch coverage of the clinical centre (under 10 minutes)
	$(BIN)/python -m pytest -n 2 --dist worksteal --cov --cov-report=
	$(BIN)/coverage report --fail-under=100

check: $(DEV) ## style, types, import rules, generated documents
	@bad=; \
	for step in "ruff check --quiet --output-format concise ." "ruff format --check --quiet --output-format concise ." "mypy" "lint-imports" "python -m tools.docs --check"; do \
		echo "$(BIN)/$$step"; $(BIN)/$$step || bad="$$bad; $$step"; \
	done; \
	[[ -z "$$bad" ]] || { echo "make check: failed$$bad" >&2; exit 1; }

fix: $(DEV) ## mend style, write the generated documents
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python -m tools.docs

docs: $(DEV) ## write the generated documents
	$(BIN)/python -m tools.docs

second-reader: $(DEV) ## learn the second reader's weights from the corpora again (5 minutes; needs a package index)
	$(BIN)/python -m tools.second_reader
	$(BIN)/python -m tools.corpus_report

corpus-report: $(DEV) ## how each corpus of reports is read; writes docs/corpus.md and the reference set
	$(BIN)/python -m tools.corpus_report

fuzz: ## random input guided by coverage, against reading and readers (5 minutes; SECONDS=60)
	@PYTHON="$(PYTHON)" tools/fuzz/install
	@tools/fuzz/.venv/bin/python -m tools.fuzz --seconds $(or $(SECONDS),300)

bench: $(DEV) ## files a second beside the raw loop, and reading beside medspaCy, each in the same run
	$(BIN)/python -m bench

simulate: $(DEV) ## a month of an invented hospital through the whole product, checked at the end (under 5 minutes; SEED=4)
	$(BIN)/python -m tools.simulate --seed $(or $(SEED),4)

torture: $(DEV) ## kill -9, again and again: the slow tests that `make test` samples
	$(BIN)/python -m pytest -m torture -x --timeout 1200

mutation: $(DEV) ## small faults in the clinical centre that no test notices; PACKAGE=reading for the other half
	nice -n 19 $(BIN)/python -m tools.mutation $(or $(PACKAGE),domain)

lock: ## refresh both lock files (needs a package index)
	tools/lock

clean: ## remove what make made
	rm -rf $(VENV) .bench tools/fuzz/.venv tools/second_reader/.venv demo build dist htmlcov .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(MADE):
	@[[ -n "$(PYTHON)" ]] || { echo "make: no Python 3.11 or newer with the venv module was found; install one, or say make PYTHON=/path/to/python" >&2; exit 1; }
	@echo "making $(VENV) with $$($(PYTHON) -V)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(RUN): requirements.lock pyproject.toml pipeline/__init__.py $(MADE)
	@echo "installing what vqroute runs on (requirements.lock)"
	@$(PIP) install $(LOCKED) -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): requirements-dev.lock $(RUN)
	@echo "installing what the tests need (requirements-dev.lock)"
	@$(PIP) install $(LOCKED) -r requirements-dev.lock
	@touch $@
