# Two commands are all that a newcomer needs: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: run install test soak format bench model lock clean

run: install ## start the bot: the platforms whose tokens are in .env, or the console stage
	@exec $(BIN)/python -m bot run

install: $(VENV)/installed ## prepare .venv

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Roundtable needs Python 3.11 or newer. Name one with: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: requirements/run.txt | $(VENV)/bin/python
	$(PIP) -r requirements/run.txt
	@touch $@

$(VENV)/installed-dev: requirements/dev.txt | $(VENV)/bin/python
	$(PIP) -r requirements/dev.txt
	@touch $(VENV)/installed $@

test: $(VENV)/installed-dev ## everything that CI runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 2 -q -m "not soak"

soak: $(VENV)/installed-dev ## the long tests, which `make test` leaves out
	$(BIN)/python -m pytest -n 2 -q -m soak

format: $(VENV)/installed-dev ## put the code into its form
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

bench: $(VENV)/installed-dev ## print figures: speed as ratios within one run, memory, start-up
	OPENBLAS_NUM_THREADS=1 PYTHONPATH=.:tests $(BIN)/python tests/bench.py

model: $(VENV)/installed-dev ## build triage's model anew from its corpus: fetches PyTorch, and takes an hour on two cores
	$(PIP) -r requirements/model.txt
	$(BIN)/python -m bot triage --fit

lock: ## write the locked requirements anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
		requirements/run.in --output-file requirements/run.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--constraint requirements/run.txt requirements/dev.in --output-file requirements/dev.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--constraint requirements/dev.txt requirements/model.in --output-file requirements/model.txt

clean: ## remove what was built; data/ and keys/ stay
	rm -rf $(VENV) build .ruff_cache .hypothesis
