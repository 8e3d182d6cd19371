# Everything here works on a fresh machine with Python 3.11 or newer and make; it writes inside this folder only.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
# The system's own Python comes first: distributions optimise theirs by profile, and what a version manager compiled takes up to
# half as much processor time again for the same work. Any other one serves as well: make setup PYTHON=/path/to/python3
PYTHON ?= $(shell for p in /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11 python; do \
	command -v $$p >/dev/null 2>&1 && \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
SEED ?= 1
# One more than the two cores of a small machine: a test waits for servers, browsers and its own children a quarter of its time.
TEST_PROCESSES ?= 3
unexport PYTHONPATH
unexport PYTHONDONTWRITEBYTECODE  # a run starts dozens of processes, and each would compile all our modules anew

.DEFAULT_GOAL := help
.PHONY: help setup browser demo up play test test-one test-long mutants guards chaos bench screenshots check format messages keys scopes lock clean

help:  ## List what there is
	@awk 'BEGIN {FS = ":.*  ## "} /^[a-z-]+:.*  ## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready  ## Make .venv with everything from requirements.lock (called by the others)

.venv/.ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Proofdesk needs Python 3.11 or newer on the PATH; set PYTHON=/path/to/python3"; exit 1; }
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --python "$(PYTHON)" .venv && \
	  uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock && \
	  uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
	  "$(PYTHON)" -m venv .venv && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@touch $@

demo: setup  ## Run the main job on real parts: uploads, inspection, review, effects, mails, and check the result
	$(BIN)/proofdesk demo

up: setup  ## Start the embedded profile and keep it running until Ctrl-C
	$(BIN)/proofdesk up

play: setup  ## Keep it running with 40 waiting cases, and print a sign-in link for each role
	$(BIN)/proofdesk up --play --quiet

browser: setup  ## Find a Chromium for the browser tests, or install one (called by test)
	$(BIN)/python -m tests.support.browser

test: browser  ## Run all tests against a real PostgreSQL, Valkey, S3 server and SMTP server
	$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist loadfile

test-one: browser  ## Run some of the tests: make test-one T=tests/unit/submission, or T="-k undo"
	$(BIN)/python -m pytest $(T)

test-long: setup  ## Fuzz what reads strangers' files, let the state machines try new orders of events, ask the API whatever its document allows
	$(BIN)/python -m pytest tests/fuzz --fuzz-seconds 60
	$(BIN)/python -m pytest tests/integration/tasks/test_ledger_machine.py tests/integration/submission/test_lifecycle_machine.py \
	  tests/integration/web/test_openapi.py --hypothesis-profile long --timeout 7200

mutants: setup  ## Change the code of the promises a little, many times, and count what no test notices
	$(BIN)/python -m tests.mutants

guards: setup  ## Take each guard of the promises out, and see the test fail that is named for it
	$(BIN)/python -m tests.mutants.guards

chaos: setup  ## Break everything while 6,000 submissions run, and judge the result from outside (SEED=2 for another run)
	$(BIN)/python -m tests.chaos --seconds 200 --seed $(SEED) --submissions 6000 --faults 64

bench: setup  ## Measure: inspection against a bare decode, look-ups of fingerprints, the review queue, the console, what an avatar leaves
	$(BIN)/python -m tests.bench inspect
	$(BIN)/python -m tests.bench fingerprints
	$(BIN)/python -m tests.bench claims
	$(BIN)/python -m tests.bench console
	$(BIN)/python -m tests.bench growth

screenshots: browser  ## Draw every page as it looks into docs/images, at two widths and in both themes
	$(BIN)/python -m tests.screenshots
	$(BIN)/python -m tests.screenshots.member

check: setup  ## Lint, types, import contracts, deployment files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec deploy/compose.yaml

format: setup  ## Format the code and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

messages: setup  ## Bring the catalogues of translations up to date with what members read
	$(BIN)/python -m cli.messages

keys: setup  ## Write the console's keys into docs/console.md
	$(BIN)/python -m tests.support.console_keys

scopes: setup  ## Write the scopes of the API's routes into docs/api.md
	$(BIN)/python -m tests.support.scope_table

lock: setup  ## Resolve the dependencies anew into the two lock files (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --upgrade --extra embedded --extra faces --extra dev pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --constraint requirements.lock --extra faces pyproject.toml -o deploy/requirements.lock

clean:  ## Remove .venv, caches and the embedded profile's state
	rm -rf .venv .proofdesk .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
