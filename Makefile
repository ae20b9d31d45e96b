# Everything sets itself up. `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DLT := .venv-dlt
export PYTHONPATH := operator
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header
CRD := crds/oneroster.masteryprep.com_onerosterconnections.yaml

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-down test test-unit bench-client bench-sync lint format generate lock cluster-up cluster-down

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/complete  ## the virtual environment, from the lock

$(VENV)/complete: requirements/dev.txt tests/venv.sh
	@sh tests/venv.sh $(PYTHON) $(VENV) requirements/dev.txt
	@touch $@

demo: setup  ## a district goes live on a real cluster, step by step; leaves the cluster up
	@$(BIN)/python -m tests.demo

demo-down: setup  ## stop the cluster and undo what it changed; its cache and logs stay
	@$(BIN)/python -m tests.cluster down

test: setup lint  ## lint and all tests; brings up the cluster, installs the operator in it anew, leaves it up
	@$(BIN)/python -m tests.everything

test-unit: setup lint  ## lint and the tests that need neither PostgreSQL nor a cluster
	@$(BIN)/pytest -q -m "not database and not cluster"

bench-client: setup  ## the OneRoster client against a bare loop over 1,000,000 records, one to three minutes
	@$(BIN)/python -m tests.bench.client

bench-sync: setup $(DLT)/complete  ## the sync of 160,000 records against dlt and a bare script, two to four minutes
	@$(BIN)/python -m tests.bench.sync --dlt-python $(DLT)/bin/python

$(DLT)/complete: requirements/dlt.txt tests/venv.sh
	@sh tests/venv.sh $(PYTHON) $(DLT) requirements/dlt.txt
	@touch $@

lint: setup  ## format, rules, types, import arrows
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy operator tests
	@$(BIN)/lint-imports --no-logo

format: setup  ## write the source as the formatter wants it
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

generate: setup  ## the CRD, its copy in the chart, manifests/install; needs helm on PATH or compiled by cluster-up
	@$(BIN)/python -m oneroster_operator.api.crd > $(CRD)
	@$(BIN)/python -m tests.chart

lock: setup  ## requirements/*.txt anew from pyproject.toml
	@$(BIN)/pip install --quiet uv
	@$(COMPILE) pyproject.toml -o requirements/runtime.txt
	@echo 'hatchling>=1.27' | $(COMPILE) - -o requirements/build.txt
	@$(COMPILE) --group bench -c requirements/runtime.txt -o requirements/bench.txt
	@$(COMPILE) --group bench-sync -o requirements/dlt.txt
	@$(COMPILE) pyproject.toml --group test --group lint -c requirements/runtime.txt -o requirements/dev.txt

cluster-up: setup  ## the cluster of demo and tests, see README.md
	@$(BIN)/python -m tests.cluster up

cluster-down: demo-down  ## the same as demo-down
