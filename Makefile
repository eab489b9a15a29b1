# make site | make test | make check: each sets up what it needs on a machine that has Python 3.11+ and make.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
AUDIT  := .ledger/audit

.DEFAULT_GOAL := help
.PHONY: help site serve check audit drill test figures soak soak-dr mutants coverage unit cluster bench lock clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements.txt pyproject.toml tools/venv
	@PYTHON="$(PYTHON)" tools/venv $(VENV)
	@touch $@

site: $(STAMP) ## build the site into site/
	@$(BIN)/mkdocs build --strict
	@echo "the site is in $(CURDIR)/site; to read it: make serve, or python3 -m http.server -d site"

serve: $(STAMP) ## serve the site while you write
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve

check: $(STAMP) ## formatting, lint, types, layers, pages and manifests as written: seconds
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/ledger verify --offline

$(AUDIT)/.installed: tools/audit/requirements.txt | $(STAMP)
	@$(BIN)/python -m venv --clear $(AUDIT)
	@$(AUDIT)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

audit: $(AUDIT)/.installed ## security of manifests, policies and the work tree
	@$(BIN)/python -m tools.audit

drill: $(STAMP) ## the disasters of backup and restore, with real servers on this machine
	@$(BIN)/pytest tests/drill

unit: $(STAMP) ## the tests that need no cluster
	@$(BIN)/pytest -m "not cluster"

test: $(STAMP) ## every test; raises a kind cluster if none runs, and removes it again
	@tools/packages
	@$(BIN)/coverage erase
	@$(BIN)/python -m tools.test

figures: $(STAMP) ## seconds until each alert fires and ends, and the indicators (minutes)
	@PHASE_LEDGER_FIGURES=1 $(BIN)/pytest --cluster-up \
	  tests/cluster/test_alerts_live.py tests/cluster/test_observability.py \
	  tests/cluster/test_dashboard.py

soak: $(STAMP) ## a gibibyte lost and restored, a backup killed 50 times (many minutes)
	@$(BIN)/pytest --cluster-up -m soak --log-cli-level=INFO --ignore=tests/soak/test_dr.py tests/soak

soak-dr: $(STAMP) ## a cluster lost, its objects and a gibibyte restored on another one (minutes)
	@$(BIN)/pytest --cluster-up -m soak tests/soak/test_dr.py

mutants: $(STAMP) ## break every page in every way; each must be noticed (minutes)
	@$(BIN)/python -m tests.mutation

coverage: ## what the last make test covered; fails below 90 %
	@$(BIN)/coverage combine --quiet --keep
	@$(BIN)/coverage report --fail-under=90

cluster: $(STAMP) ## raise the kind cluster and leave it running
	@$(BIN)/ledger cluster up

bench: $(STAMP) ## start-up and scan, ours and other tools': one table; installs them on demand
	@$(BIN)/python -m bench

lock: ## renew the pinned requirements (needs uv)
	uv pip compile pyproject.toml --all-extras --group dev --universal --generate-hashes \
	  --no-header --no-annotate --python-version 3.11 -o requirements.txt
	uv pip compile tools/audit/requirements.in --universal --generate-hashes \
	  --no-header --no-annotate --python-version 3.11 -o tools/audit/requirements.txt

clean: ## remove the environment and the built site
	rm -rf $(VENV) site .ledger .mypy_cache .ruff_cache .pytest_cache
