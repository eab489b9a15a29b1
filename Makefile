# make site | make test | make check: each sets up what it needs on a machine that has Python 3.11+ and make.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
AUDIT  := .ledger/audit
ACTIONLINT := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
ZENSICAL := .ledger/zensical

.DEFAULT_GOAL := help
.PHONY: help dev site serve check audit zensical sbom fuzz test figures soak soak-dr mutants coverage unit cluster screenshot bench lock reference clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z%-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements.txt pyproject.toml tools/venv
	@PYTHON="$(PYTHON)" tools/venv $(VENV)
	@touch $@

dev: $(STAMP) ## all that a contributor needs: the environment, a check at each commit, git's merges
	@git config core.hooksPath tools/hooks
	@$(BIN)/ledger merge --install
	@echo "ready: make check, make test-unit; make cluster for what needs one"

site: $(STAMP) ## build the site into site/
	@$(BIN)/ledger site build
	@echo "the site is in $(CURDIR)/site; to read it: make serve, or python3 -m http.server -d site"

serve: $(STAMP) ## serve the site while you write
	@$(BIN)/ledger site serve

check: $(STAMP) ## formatting, lint, types, layers, pages and manifests as written: seconds
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/ledger verify --offline

$(AUDIT)/.installed: tools/audit/requirements.txt | $(STAMP)
	@$(BIN)/python -m venv --clear $(AUDIT)
	@$(AUDIT)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@! command -v go >/dev/null || GOBIN=$(CURDIR)/$(AUDIT)/bin go install $(ACTIONLINT)
	@touch $@

audit: $(AUDIT)/.installed ## security of manifests, policies, the work tree and its history
	@$(BIN)/python -m tools.audit

sbom: $(AUDIT)/.installed ## every pinned package, Go module and image: dist/phase-ledger.cdx.json
	@$(BIN)/python -m tools.sbom

$(ZENSICAL)/.installed: tools/zensical/requirements.txt | $(STAMP)
	@$(BIN)/python -m venv --clear $(ZENSICAL)
	@$(ZENSICAL)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

zensical: $(ZENSICAL)/.installed ## the site built by Zensical, too, and what differs; nothing fails on it
	@$(BIN)/python -m tools.zensical

unit: $(STAMP) ## the tests that need no cluster
	@$(BIN)/pytest -m "not cluster"

test-%: $(STAMP) ## one folder of tests: unit, property, fuzz, site, browser, drill, cluster
	@$(BIN)/pytest $(if $(filter cluster,$*),--cluster-up,-m "not cluster") tests/$*

fuzz: $(STAMP) ## damaged files of every kind that is read, twenty thousand of each (half an hour)
	@$(BIN)/pytest --hypothesis-profile=fuzz tests/fuzz

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

screenshot: site ## the picture of the README, anew from the built site (needs Chromium)
	@$(BIN)/python -m tools.screenshot

bench: $(STAMP) ## start-up and scan, ours and other tools'; how even shards are; installs on demand
	@$(BIN)/python -m bench
	@$(BIN)/python -m bench.shards

lock: ## renew the pinned requirements (needs uv)
	uv pip compile pyproject.toml --all-extras --group dev --universal --generate-hashes \
	  --no-header --no-annotate --python-version 3.11 -o requirements.txt
	uv pip compile tools/audit/requirements.in --universal --generate-hashes \
	  --no-header --no-annotate --python-version 3.11 -o tools/audit/requirements.txt
	uv pip compile tools/zensical/requirements.in --universal --generate-hashes \
	  --no-header --no-annotate --python-version 3.11 -o tools/zensical/requirements.txt

reference: $(STAMP) ## write the page of all commands anew, from their --help
	@$(BIN)/python -m tools.reference

clean: ## remove the environment and the built site
	rm -rf $(VENV) site .ledger .mypy_cache .ruff_cache .pytest_cache
