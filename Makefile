# Two commands for everybody: `make demo` and `make test`. Each does its own set-up.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
export SOLCX_BINARY_PATH := $(CURDIR)/.solcx
# What gas is compared with.
EAS := .cache/ethereum-attestation-service-eas-contracts-1.9.0.tgz

# Two at a time, a file to each: most of them wait for a chain, a database or a browser.
PYTEST = $(BIN)/pytest -q -p no:ape_test -n 2 --dist loadfile --no-loadscope-reorder

# The binary itself: npm's launcher ends well whatever the binary ended with.
FORGE = $(firstword $(wildcard node_modules/@foundry-rs/forge-*/bin/forge) forge)

# The first Python on the PATH that fits; 3.13 does not yet: Ape's dependencies are not built for it.
PYTHON ?= $(shell for p in python3 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null && echo $$p && break; done)

.PHONY: help demo test test-contract test-others fuzz fuzz-files chaos prove check format contract page clean

help: ## Say what can be made
	@grep -hE '^[a-z%-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z%-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

demo: $(VENV)/.demo node_modules/.ready ## Load real flights onto a local chain, score them, serve the result (DAYS=7, NODE_PORT=8545)
	@$(BIN)/troth demo $(if $(DAYS),--days $(DAYS)) $(if $(NODE_PORT),--node-port $(NODE_PORT))

test: check $(SOLCX_BINARY_PATH)/.ready ## Check everything: what CI runs
	$(MAKE) --jobs 2 test-contract test-others
	$(PYTEST) tests/integration tests/e2e

# Beside each other, since solc takes minutes and one core.
test-contract:
	$(FORGE) test --quiet

test-others:
	npm test --silent
	$(BIN)/ape test tests/contract -q

check: $(VENV)/.dev node_modules/.ready ## Formats, lint, types, import floors, unit tests
	$(BIN)/ruff format --check .
	$(FORGE) fmt --check contracts tests/forge
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(PYTEST) tests/unit

fuzz: $(SOLCX_BINARY_PATH)/.ready ## Search longer for a broken rule of the contract (half an hour)
	FOUNDRY_PROFILE=fuzz $(FORGE) test --match-path 'tests/forge/invariant/*'

fuzz-files: $(VENV)/.dev ## Search for a file that breaks a verifier (SECONDS=600; needs: pip install atheris)
	$(BIN)/python -m tests.fuzz.files -max_total_time=$(or $(SECONDS),600)

chaos: $(VENV)/.dev ## Index a chain that forks, from nodes that fail, dying at any commit (SEEDS=5000, FIRST=0)
	CHAOS_SEEDS=$(or $(SEEDS),5000) CHAOS_FIRST_SEED=$(or $(FIRST),0) $(BIN)/pytest -q -p no:ape_test tests/integration/test_chaos.py

prove: node_modules/.ready $(SOLCX_BINARY_PATH)/.ready ## Prove the life-cycle table for every state, look for known faults (5 min; needs: pip install halmos slither-analyzer)
	halmos --contract ProofsTest --forge-build-out .build/forge --solver-timeout-assertion 60000
	slither .

format: $(VENV)/.dev node_modules/.ready ## Put the sources into their format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only --quiet .
	$(FORGE) fmt contracts tests/forge

contract: $(VENV)/.dev node_modules/.ready ## Compile the contract into the committed artifact
	$(BIN)/python scripts/compile.py

page: node_modules/.ready ## Build the page that verifies into the committed file, and say its size
	node scripts/page.mjs

bench-%: $(VENV)/.dev node_modules/.ready ## Measure: demo, gas, index (10 min), follow, science (3 min), score (4 min), verify
	$(BIN)/python -m benchmarks.$*

bench-gas: $(EAS)

# Not a package to install, which would bring Hardhat, 220 MB: its tarball holds the compiled contracts.
$(EAS): | node_modules/.ready
	@mkdir -p $(@D)
	@npm pack --silent --pack-destination $(@D) @ethereum-attestation-service/eas-contracts@1.9.0 >/dev/null

clean: ## Remove all that was installed or made here
	rm -rf $(VENV) node_modules .solcx .build .cache .troth .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Troth needs Python 3.11 or 3.12, and none is on the PATH. Install one (Debian, Ubuntu: apt install python3 python3-venv)."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv is missing. Install it (Debian, Ubuntu: apt install python3-venv)."; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml | $(VENV)/bin/python
	@echo "Installing Python packages (a minute or two, the first time) …"
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[chain,demo]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	@echo "Installing Python packages for tests (a minute or two, the first time) …"
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[chain,demo,dev]'
	@touch $@ $(VENV)/.demo

$(SOLCX_BINARY_PATH)/.ready: scripts/compile.py | $(VENV)/.dev node_modules/.ready
	@$(BIN)/python -c 'from scripts.compile import ensure_compiler; ensure_compiler()'
	@touch $@

# Not `npm ci`: it refuses a lock file that lacks the tools of other platforms, and no registry need have them all.
node_modules/.ready: package.json package-lock.json
	@command -v npm >/dev/null || { echo "Troth needs Node 20.19 or later with npm, and npm is not on the PATH. Install it (https://nodejs.org; Debian, Ubuntu: apt install nodejs npm)."; exit 1; }
	@node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major < 20 || (major === 20 && minor < 19) ? 1 : 0)' || { echo "Troth needs Node 20.19 or later; this is $$(node --version). Install a newer one (https://nodejs.org)."; exit 1; }
	@echo "Installing npm packages …"
	@npm install --silent --no-save --ignore-scripts
	@touch $@
