# Two commands for a fresh machine: `make demo` and `make test`. `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check
SECONDS ?= 600

.DEFAULT_GOAL := help
.PHONY: help demo test check fuzz deep postgres faults proof docs bench twins bundle lock format clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(VENV)/.runtime: requirements/build.txt requirements/runtime.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) --require-hashes -r requirements/build.txt
	@$(PIP) --require-hashes --no-build-isolation -r requirements/runtime.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@$(PIP) --require-hashes --no-build-isolation -r requirements/dev.txt
	@touch $@

.venv-snap7/.ready: requirements/snap7.txt
	@test -x .venv-snap7/bin/python || $(PYTHON) -m venv .venv-snap7
	@.venv-snap7/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/snap7.txt
	@touch $@

.venv-fuzz/.ready: requirements/fuzz.txt
	@test -x .venv-fuzz/bin/python || $(PYTHON) -m venv .venv-fuzz
	@.venv-fuzz/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/build.txt
	@.venv-fuzz/bin/python -m pip install -q --disable-pip-version-check --require-hashes --no-build-isolation -r requirements/fuzz.txt
	@touch $@

.venv-formats/.ready: requirements/formats.txt
	@test -x .venv-formats/bin/python || $(PYTHON) -m venv .venv-formats
	@.venv-formats/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/formats.txt
	@touch $@

demo: $(VENV)/.runtime ## inventory a fake plant on loopback: plan, scan, check, reports
	@$(BIN)/assetctl demo

test: $(VENV)/.dev .venv-snap7/.ready .venv-formats/.ready ## install what the tests need and run them
	@tests/debian-packages.sh
	@$(BIN)/python -m pytest -n 2 --dist loadscope -q $(PYTEST)

check: $(VENV)/.dev ## format, lint, types, layers, generated docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

fuzz: .venv-fuzz/.ready ## coverage-guided fuzzing of all that reads foreign bytes, for SECONDS
	@.venv-fuzz/bin/python -m tests.fuzz --seconds $(SECONDS) --jobs 2 $(FUZZ)

deep: $(VENV)/.dev ## the property tests with new examples, twenty times as many
	HYPOTHESIS_PROFILE=deep $(BIN)/python -m pytest -n 2 -q tests/contracts tests/unit

postgres: $(VENV)/.dev ## every unit test that opens a store, on PostgreSQL instead of SQLite
	@ASSETCTL_TEST_DATABASE=postgres $(BIN)/python -m pytest -n 2 -q tests/unit $(PYTEST)

faults: $(VENV)/.dev ## COUNT random faults over scans, imports, checks and reports, and each limit of open files
	@nice $(BIN)/python -m tests.faults --count $(or $(COUNT),500) --seed $(or $(SEED),1)
	@nice $(BIN)/python -m tests.faults.descriptors

proof: $(VENV)/.dev ## 120 000 random expressions with facts removed, and the mutants of every check
	ASSETCTL_POLICY_EXAMPLES=120000 $(BIN)/python -m pytest -q tests/unit/test_policy_expression.py
	$(BIN)/python -m assetctl policy test

docs: $(VENV)/.dev ## write the generated pages
	$(BIN)/python docs/generate.py

bench: $(VENV)/.dev ## side by side with peers, ratios of one run
	@tests/debian-packages.sh
	$(BIN)/python -m bench

twins: $(VENV)/.dev ## fragile simulated devices: what scanners find in them, and which they harm
	$(BIN)/python -m tests.twins

bundle: $(VENV)/.runtime ## hashed wheelhouse for machines without a network, in bundle/
	@$(BIN)/python tools/bundle.py $(BUNDLE)

lock: ## renew the lock files (needs uv)
	@tools/lock.sh

format: $(VENV)/.dev ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix -q .

clean: ## remove what was made
	rm -rf $(VENV) .venv-snap7 .venv-formats .venv-fuzz .fuzz build dist bundle demo-plant .mypy_cache .ruff_cache .pytest_cache .hypothesis
