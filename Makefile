.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

help: ## This list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

run: $(READY) ## Show what Seawall is for: a fictional airline's bad night
	@trap : INT; $(BIN)/seawall demo || [ $$? = 130 ]  # stopped by Ctrl-C

test: $(READY) ## Every test
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder

check: $(READY) ## Formatting, lint, types, import contract, documentation
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m monitor.reference --check
	$(BIN)/python -m grafana.build --check

bench: $(READY) ## Measure, and write docs/benchmarks.md
	$(BIN)/seawall bench

docs: $(READY) ## Write docs/configuration.md and the dashboard from the code
	$(BIN)/python -m monitor.reference
	$(BIN)/python -m grafana.build

setup: $(READY) ## Make .venv from requirements.lock

lock: $(READY) ## Resolve requirements.lock again, for Linux and macOS
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate --group dev pyproject.toml -o requirements.lock

clean: ## Remove .venv and caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Seawall needs Python 3.11 or newer; name one: make PYTHON=python3.12")'
	@echo "Making .venv (once, about a minute) …"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: help run test check bench docs setup lock clean
