# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Each target makes the .venv that it needs. PYTHON=/path/to/python overrides the choice of the interpreter.

VENV ?= .venv
COLLECTIONS := .build/collections
HERE := $(COLLECTIONS)/ansible_collections/winrights/seimpersonate
export VENV
export PYTHON
# Compiled tests are kept below .build, also where Python is told to keep none: to compile them takes as long as many of them run.
COMPILED := PYTHONDONTWRITEBYTECODE= PYTHONPYCACHEPREFIX="$(CURDIR)/.build/compiled"
RUN := PATH="$(CURDIR)/$(VENV)/bin:$$PATH" ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/$(COLLECTIONS)" PYTHONPATH="$(CURDIR)/tests" $(COMPILED)
export FRESH
export VERBOSE
BACKEND ?= emulator
JOBS ?= 2
LIFE ?= 3600
INVENTORY ?= .build/fleet.yml

.DEFAULT_GOAL := help
.PHONY: help demo demo-enforce demo-prove demo-gpo bench bench-scale bench-guide unit test test-engine test-long test-browser test-samba test-directory test-kerberos test-awx bench-report payload-coverage matrix matrix-venvs sanity galaxy docs lint fleet policies variables recordings schema payloads lock build clean venv-test venv-lint

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv-test: $(HERE)
	@requirements/venv.sh test

venv-lint: venv-test
	@requirements/venv.sh lint

$(HERE):
	@mkdir -p $(dir $(HERE))
	@ln -sfn ../../../.. $(HERE)

demo: venv-test ## Audit a simulated fleet over real WinRM, report at the end; VERBOSE=1 shows all output
	@$(RUN) python -m fleet.showcase audit --backend $(BACKEND)

demo-enforce: venv-test ## Audit, look, enforce, audit, restore, audit on the simulated fleet
	@$(RUN) python -m fleet.showcase enforce --backend $(BACKEND)

demo-prove: venv-test ## Prove six simulated hosts: payload beside other sources; one lies, one denies half of them
	@$(RUN) python -m fleet.proof --backend $(BACKEND)

demo-gpo: venv-test ## Audit, plan, change and restore a Group Policy Object of a simulated domain, and its hosts before and after
	@$(RUN) python -m fleet.gpo_story

unit: venv-test ## The unit tests that open no socket, run no playbook and make no large report, properties with few cases: less than a minute
	@PROPERTIES=$(or $(PROPERTIES),unit) $(RUN) python -m pytest -q -n $(JOBS) -m "not engine and not browser and not wire and not size" tests/unit $(ARGS)

test: venv-test ## Run the tests (ARGS="-k name" for some of them, FRESH=1 for a fresh ansible-playbook per play)
	@$(RUN) python -m pytest -n $(JOBS) --dist worksteal -m "not engine and not browser and not samba and not directory and not kerberos" $(ARGS)

test-engine: venv-test ## The tests of the real payload under a PowerShell engine (FRESH=1: a process for each command; FRESH=compare: both ways)
	@FRESH=$(FRESH) $(RUN) python -m pytest -n $(JOBS) --dist worksteal -m engine $(ARGS)

test-browser: venv-test ## The tests of the HTML report in a headless Chromium (Debian: chromium, chromium-driver, npm)
	@requirements/venv.sh browser
	@mkdir -p .build/axe && cp tests/browser/package.json tests/browser/package-lock.json .build/axe/
	@npm ci --silent --no-audit --no-fund --prefix .build/axe
	@$(RUN) python -m pytest -m browser $(ARGS)

test-samba: venv-test ## The model of the LSA against that of Samba's domain controller (as root, with Debian's packages)
	@$(RUN) python -m pytest -q -m samba tests/samba $(ARGS)

test-directory: venv-test ## The payload of the GPO modules on Samba's domain controller (as root, with Debian's packages and the engine)
	@$(RUN) python -m pytest -q -m directory tests/directory $(ARGS)

test-kerberos: $(HERE) ## The audit with Kerberos, against a realm on this machine (Debian: krb5-kdc krb5-admin-server krb5-user libkrb5-dev gcc)
	@VENV=.build/kerberos requirements/venv.sh kerberos
	@PATH="$(CURDIR)/.build/kerberos/bin:$$PATH" ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/$(COLLECTIONS)" PYTHONPATH="$(CURDIR)/tests" $(COMPILED) \
		python -m pytest -q -m kerberos tests/playbooks/test_kerberos.py $(ARGS)

test-awx: $(HERE) ## The playbooks under ansible-runner as AWX runs them, the configuration of AWX with its real modules (CORES="2.16 2.18 2.19 2.21")
	@CORES="$(CORES)" sh tests/awx.sh $(ARGS)

bench-report: venv-test ## CPU, memory and size of the report of 10,000 and 50,000 hosts, and the tests of size and growth
	@$(RUN) python -m pytest -q -n $(JOBS) -m size tests/unit
	@$(RUN) PYTHONPATH="$(CURDIR)/tests:$(CURDIR)/$(COLLECTIONS)" python tests/benchmarks/report.py --no-browser

payload-coverage: venv-test ## Which lines of the payload its tests run under the engine (PARTS="read change gpo lab prove")
	@$(RUN) python tests/payload_coverage.py $(PARTS)

test-long: venv-test ## The property tests with thousands of random cases each (SEED=1: those of that seed)
	@seed=$${SEED:-$$(date +%s)}; echo "make test-long SEED=$$seed tries these cases again"; \
	PROPERTIES=long $(RUN) python -m pytest -q -n $(JOBS) --hypothesis-seed=$$seed tests/unit/plugins $(ARGS)

matrix: $(HERE) ## The playbook and payload tests with every supported ansible-core (CORES="2.16 2.21", QUICK=1)
	@JOBS=$(JOBS) QUICK=$(QUICK) PYTHONPATH="$(CURDIR)/tests" sh tests/matrix.sh $(CORES)

matrix-venvs: $(HERE)
	@PREPARE=1 sh tests/matrix.sh $(CORES)

sanity: $(HERE) ## ansible-test sanity with the oldest, the middle and the newest ansible-core (CORES="2.21")
	@PREPARE=1 sh tests/matrix.sh $(or $(CORES),2.16 2.19 2.21)
	@sh tests/sanity.sh $(CORES)

bench: venv-test ## CPU per host of both readers beside a bare module, a peer and the least there is; bytes, verdicts, report (HOSTS="1 100 500" ROUNDS=3)
	@sh tests/wheels.sh $(VENV)/bin/python
	@$(RUN) python -m benchmarks.bench --hosts $(or $(HOSTS),1 100) --rounds $(or $(ROUNDS),3) $(ARGS)
	@$(RUN) python -m benchmarks.seconds_on_host
	@$(RUN) python -m benchmarks.gpo_read
	@$(RUN) PYTHONPATH="$(CURDIR)/tests:$(CURDIR)/$(COLLECTIONS)" python tests/benchmarks/judge.py
	@$(RUN) PYTHONPATH="$(CURDIR)/tests:$(CURDIR)/$(COLLECTIONS)" python tests/benchmarks/fleet_report.py

bench-scale: venv-test ## CPU, wall, memory and lost hosts of large fleets, both readers, some hosts dead or slow (HOSTS="500 2000 10000" LATENCY="0 1 2")
	@$(RUN) python -m benchmarks.scale --hosts $(or $(HOSTS),500 2000 10000) --latency $(or $(LATENCY),0 1 2) $(ARGS)

bench-guide: venv-test ## Write what the last make bench and make bench-scale measured into the guide of large fleets
	@$(RUN) python -m benchmarks.guide --bench .build/bench.json --scale .build/bench-scale.json

lint: venv-lint ## Style, types, docs, changelog and licence checks
	@$(RUN) sh tests/lint.sh

fleet: venv-test ## Start the simulated fleet for LIFE seconds, write INVENTORY (.build/fleet.yml), say what to try
	@$(RUN) python -m fleet --inventory $(INVENTORY) --life $(LIFE) --backend $(BACKEND) $(if $(ALIVE),--alive)

policies: venv-test ## Print the tables of the shipped policies with their sources, and write the docs page of them
	@$(RUN) PYTHONPATH="$(CURDIR)/tests:$(CURDIR)/$(COLLECTIONS)" python tests/policy_tables.py

variables: venv-test ## Write the docs page of the role's variables from its specification
	@$(RUN) python tests/role_variables.py

recordings: venv-test ## Write the docs page of the hosts that this was tested on, from tests/recorded
	@$(RUN) PYTHONPATH="$(CURDIR)/tests:$(CURDIR)/$(COLLECTIONS)" python tests/tested_on.py

schema: venv-test ## Write the JSON Schema of the report from the types of the contract
	@$(RUN) PYTHONPATH="$(CURDIR)/tests:$(CURDIR)/$(COLLECTIONS)" python tests/report_schema.py

payloads: venv-test ## Tell the emulator the payload's texts, after its tests have passed on the engine
	@$(RUN) python -m pytest -q tests/unit/payload tests/directory
	@$(RUN) python -m fleet.backends.emulator.emulator --record

build: venv-test ## Build the collection's archive into .build/
	@$(RUN) ansible-galaxy collection build --force --output-path .build

docs: $(HERE) ## Build the docs site into .build/site/html; a warning fails it
	@VENV=.build/docs requirements/venv.sh docs
	@sh tests/docs.sh

galaxy: ## Build the archive and have Galaxy's importer look at it
	@rm -f .build/winrights-seimpersonate-*.tar.gz
	@$(MAKE) --no-print-directory build
	@sh tests/galaxy.sh

lock: ## Write the lock files anew (needs uv)
	@requirements/lock.sh

clean: ## Remove everything that the other targets made
	rm -rf .build $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
