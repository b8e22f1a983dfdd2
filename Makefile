# Needs Python 3.11 or later with pip, and nothing else: pip puts a pinned uv below .tools, uv puts a pinned hatch
# there, hatch builds .venv. `make demo` and `make test` are all a newcomer needs; `make help` lists the rest.

PYTHON ?= python3
UV_VERSION := 0.13.9
HATCH_VERSION := 1.18.2
UV := .tools/uv-$(UV_VERSION)/bin/uv
HATCH := .tools/hatch-$(HATCH_VERSION)/hatch
# hatch does not see a renamed entry point or a new requirement of an editable member: what says so names the environment.
STATE := $(shell cat pyproject.toml hatch.toml constraints.txt overrides.txt core/pyproject.toml plugins/*/pyproject.toml | sha256sum | cut -c1-16)
ENV := .venv/.made-$(STATE)
DEMO_ENV := .tools/hatch-data/demo-made-$(STATE)
OTHER_PYTHONS := 3.12 3.13

export UV_PYTHON_DOWNLOADS := never
export UV_SYSTEM_CERTS := 1
export HATCH_DATA_DIR := $(CURDIR)/.tools/hatch-data
export HATCH_PYTHON := $(shell $(PYTHON) -c 'import sys; print(sys.executable)')
# With pyenv, every version it has is found by its name; without it this means nothing.
export PYENV_VERSION := $(shell .ci/pythons)

.DEFAULT_GOAL := help
.PHONY: help demo test test-others check format cov dist docs bench ci lock clean

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1#\2/p' Makefile | column -t -s '#'

demo: $(DEMO_ENV) ## a pipeline of typed tasks and SQL over 336,776 real flights
	@$(HATCH) run demo:run $(ARGS)

test: $(ENV) ## the whole test suite; ARGS="-k name" picks
	@$(HATCH) run test $(ARGS)

# What is held against other SDKs is held against them once, by `make test`.
test-others: $(HATCH) ## the suite on every other supported Python that is installed
	@for version in $(OTHER_PYTHONS); do \
	  if python$$version -c "" 2>/dev/null; then \
	    echo "== Python $$version"; $(HATCH) test -py $$version -- --ignore=tests/compat $(ARGS) || exit 1; \
	  else echo "== Python $$version is not installed here: skipped"; fi; \
	done

check: $(ENV) ## format, lint, types, layers, dead code, dependencies
	@$(HATCH) run lint
	@$(HATCH) run deps

format: $(ENV) ## let ruff format and fix
	@$(HATCH) run format

cov: $(ENV) ## the suite with branch coverage
	@$(HATCH) run cov $(ARGS)

dist: $(HATCH) ## build every package into dist/ and check it
	@rm -rf dist
	@$(UV) build --quiet --all-packages --build-constraints constraints.txt
	@$(HATCH) run dist:check

docs: $(HATCH) ## build the documentation into site/, strictly
	@$(HATCH) run docs:build

bench: $(ENV) ## speed beside flytekit and flyte, in environments of their own
	@$(HATCH) run bench $(ARGS)

# A failure that does not come again holds up nobody, but is listed: a test that depends on luck is a bug to mend.
ci: AGAIN := --reruns 1 -rsR
ci: ## what .ci/run calls: everything that must hold
	@$(MAKE) --no-print-directory check
	@$(MAKE) --no-print-directory docs
	@$(MAKE) --no-print-directory dist
	@$(MAKE) --no-print-directory test-others ARGS="$(AGAIN)"
	@$(MAKE) --no-print-directory demo
	@$(MAKE) --no-print-directory test ARGS="$(AGAIN)"

lock: $(UV) ## resolve constraints.txt anew
	@rm -f uv.lock
	@$(UV) export -q --all-packages --all-extras --all-groups --no-emit-workspace --no-hashes --no-annotate --no-header -o constraints.txt
	@rm -f uv.lock

clean: ## remove everything that was made
	@rm -rf .venv .tools dist site .coverage* .hypothesis .mypy_cache .ruff_cache .import_linter_cache

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Fletching needs Python 3.11 or later; this is " + sys.version.split()[0] + ": make PYTHON=/path/to/python3.11")'
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target .tools/uv-$(UV_VERSION) uv==$(UV_VERSION)

$(HATCH): $(UV)
	@UV_TOOL_DIR=.tools/hatch-$(HATCH_VERSION)/env UV_TOOL_BIN_DIR=$(@D) $(UV) tool install --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" --constraints constraints.txt hatch==$(HATCH_VERSION)

$(ENV): $(HATCH)
	@rm -rf .venv
	@$(HATCH) env create
	@touch $@

# Smaller than .venv, so that the first look at Fletching is quick.
$(DEMO_ENV): $(HATCH)
	@$(HATCH) env remove demo
	@$(HATCH) env create demo
	@touch $@
