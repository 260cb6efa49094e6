# The doors of the project. `make demo` and `make test` need python3 (3.11 or newer) and make, nothing else prepared.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/installed
UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

LANGUAGE ?= en
METRICS ?= json
PLAN ?= ion-deployment-day

# Without byte code every worker of the tests, and every program that a test starts, would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-happy demo-sick demo-seeds runbooks test test-long test-services services lint format generate lock bench bench-verdicts clean

help: ## what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Deploy Captain needs Python 3.11 or newer; this is " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

setup: $(STAMP) ## the virtual environment in .venv, from the hashed lock file

demo: $(STAMP) ## a local Slack workspace, a service to deploy and the bot; prints the page's address
	$(BIN)/captain demo --plan $(PLAN) --language $(LANGUAGE) --metrics $(METRICS)

demo-happy: $(STAMP) ## a whole run unattended, ending GO
	$(BIN)/captain demo --plan $(PLAN) --script happy --metrics $(METRICS)

demo-sick: $(STAMP) ## a whole run unattended in which something goes wrong, ending in the rollback
	$(BIN)/captain demo --plan $(PLAN) --script sick --metrics $(METRICS)

demo-seeds: $(STAMP) ## both scripts with twenty seeds each
	@for seed in $$(seq 1 20); do for script in happy sick; do \
	  $(BIN)/captain demo --script $$script --seed $$seed > $(VENV)/demo-$$script-$$seed.log || { echo "seed $$seed, $$script: failed, see $(VENV)/demo-$$script-$$seed.log"; exit 1; }; \
	  echo "seed $$seed, $$script: $$(tail -n 1 $(VENV)/demo-$$script-$$seed.log)"; \
	done; done

runbooks: $(STAMP) ## every shipped plan from its first hour to its last, well and sick, in English and Korean; transcripts in .venv/runbooks
	@mkdir -p $(VENV)/runbooks
	@for plan in $$($(BIN)/python -m sandbox.worlds); do for script in happy sick; do for language in en ko; do \
	  log=$(VENV)/runbooks/$$plan-$$script-$$language.log; \
	  $(BIN)/captain demo --plan $$plan --script $$script --language $$language > $$log || { echo "$$plan, $$script, $$language: failed, see $$log"; exit 1; }; \
	  echo "$$plan, $$script, $$language: $$(tail -n 1 $$log)"; \
	done; done; done

test: $(STAMP) ## every test that needs only this repository's own dependencies
	$(BIN)/pytest -m "not services" -n 2 --dist worksteal -q

test-long: export EXAMPLES = all
test-long: $(STAMP) ## the properties among them once more, with three times as many examples
	$(BIN)/pytest -m "hypothesis and not services" -n 2 --dist worksteal -q

test-services: export EXAMPLES = all
services: ## the real programs that test-services needs, on Debian 12 (the first time about 10 minutes, as root)
	@tests/services/install.sh

test-services: $(STAMP) services ## the tests with real programs: Chromium, Prometheus, a Kubernetes control plane, whole scripts, killed bots
	$(BIN)/pytest -m services -q

lint: $(STAMP) ## ruff, mypy, the layers, and generated files up to date
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@for one in tests/conftest.py tests/storage/conftest.py tests/sandbox/page/conftest.py tests/services/conftest.py; do \
	  $(BIN)/mypy $$one || exit 1; \
	done
	$(BIN)/lint-imports
	@$(MAKE) --no-print-directory generate CHECK=1

format: $(STAMP) ## format the code
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format --quiet .

generate: $(STAMP) ## docs/states.md and plans/plan.schema.json from the code (CHECK=1 only compares)
ifdef CHECK
	@$(BIN)/captain plan states | diff -u docs/states.md - || { echo "docs/states.md is out of date: make generate"; exit 1; }
	@$(BIN)/captain plan schema | diff -u plans/plan.schema.json - || { echo "plans/plan.schema.json is out of date: make generate"; exit 1; }
else
	$(BIN)/captain plan states > docs/states.md
	$(BIN)/captain plan schema > plans/plan.schema.json
endif

bench: $(STAMP) ## the benchmarks: ratios to a floor measured in the same run; writes benchmarks/out/bench.json
	$(BIN)/python -m benchmarks

bench-verdicts: $(STAMP) ## our verdicts beside other rules, on simulated deployments; VERDICTS=--full for an hour's worth; writes benchmarks/out/verdicts.*
	$(BIN)/python -m benchmarks.verdicts $(VERDICTS)

lock: $(STAMP) ## compile the lock files anew from pyproject.toml (no index address gets into them)
	$(UV_COMPILE) pyproject.toml --group build -o requirements.lock
	$(UV_COMPILE) pyproject.toml --group dev -o requirements-dev.lock

clean: ## remove what was installed and cached here
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist *.egg-info
