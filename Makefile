# The two commands a newcomer needs are `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DOORS := tests/stories/test_fuzz.py tests/stories/test_canaries.py tests/slack/test_guard.py tests/permissions/test_laws.py \
	tests/slack/test_blocks.py tests/domain/test_parse.py tests/commands/test_injection.py tests/stories/test_every_way_in.py \
	tests/engine/test_run_moves.py tests/db/test_incident_moves.py tests/domain/test_clocks.py tests/commands/test_forms.py \
	tests/slack/test_forged.py tests/stories/test_markup.py tests/domain/test_address.py tests/test_connecting.py \
	tests/stories/test_fuzz_socket.py tests/stories/test_forged_forms.py tests/test_logs.py tests/test_cli_canaries.py tests/test_dumps.py \
	tests/providers/releases/test_git_words.py tests/engine/test_schedule_moves.py
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $(STAMP)

install: $(STAMP) ## Create .venv and install everything into it

demo: $(STAMP) ## Start the bot, a workspace page and a broken sample shop (ARGS=--tour plays it without a browser)
	$(BIN)/watchkeeper demo $(ARGS)

test: $(STAMP) ## Run the default tests (real Bolt, real PostgreSQL, strict sandbox)
	$(BIN)/python -m pytest -m "not heavy" -n 4 --dist loadgroup $(ARGS)

lint: $(STAMP) ## Format, lint, types, and manifest.yml in step with the commands
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/watchkeeper manifest --check

check: lint test ## All checks and the default tests

heavy: $(STAMP) ## Browser, several processes, crashes: minutes
	$(BIN)/python -m pytest -m heavy $(ARGS)

bench: $(STAMP) ## Measure against baselines in the same run, one table at the end (ARGS="acknowledge start" for parts)
	$(BIN)/python -m bench $(ARGS)

prove: $(STAMP) ## Crash, freeze, cut and race the real bot, and check every promise (SEED=… repeats, ARGS=--short)
	$(BIN)/python -m tests.prove $(ARGS)
	$(if $(ARGS),,$(MAKE) doors)

audit-deps: $(STAMP) ## Do the dependencies fit together, and has one a known hole (asks pip-audit; needs the network)
	$(BIN)/python -m pip check
	@$(BIN)/python -c "import pip_audit" 2>/dev/null || { echo "known holes: not checked, pip-audit is not installed"; exit 2; }
	$(BIN)/python -m pip_audit --requirement constraints.txt --no-deps --disable-pip --progress-spinner off

doors: $(STAMP) ## Throw thousands of broken payloads and hostile words at every way in (SEED=… others, EXAMPLES=… more)
	EXAMPLES=$(or $(EXAMPLES),10) $(BIN)/python -m pytest $(DOORS)

.PHONY: help install demo test lint check heavy bench prove doors audit-deps
