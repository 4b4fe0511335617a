# Two commands on a fresh machine: `make run` and `make test`. Everything else is a part of them.
# Needs Python 3.11 or newer with venv, git and make. PYTHON=/path/to/python chooses another interpreter.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

SUPPORTED := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3 python; do \
	"$$p" -c '$(SUPPORTED)' >/dev/null 2>&1 && { command -v "$$p"; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin
OTHERS ?= 3.12 3.13
WORKERS ?= 2
PYTEST_ARGS ?=
PART ?=
LOGS := runs/tests
BENCHMARKS := $(filter-out __init__ report peers,$(basename $(notdir $(wildcard benchmarks/*.py)))) \
	$(notdir $(patsubst %/__main__.py,%,$(wildcard benchmarks/*/__main__.py)))
PIP_QUIET := --quiet --disable-pip-version-check

.PHONY: help run test check format suite others wheel-test bench fuzz screenshots clean

help:
	@echo "make run          install, and open the window on a demo project"
	echo "make test         every check that CI runs (does its own set-up)"
	echo "make check        format, lint, types, floors"
	echo "make suite        the tests alone      PYTEST_ARGS='tests/core -x'"
	echo "make others       the application's tests on Python $(OTHERS), where present"
	echo "make wheel-test   build the wheel, install it into an empty environment, run the demo there"
	echo "make bench        every benchmark      QUICK=1 for the short form"
	echo "make fuzz         10,000 kills, long property tests, an hour of random work in the window; goes on where it stopped"
	echo "                  PART='kills' for one of them (kills, properties, robot)"
	echo "make screenshots  write docs/pictures again from the demo"
	echo "make format       let ruff write the code's format"
	echo "make clean        remove environments and build output"

# --- environment ---------------------------------------------------------------------------------------------------

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then
	  echo "No Python 3.11, 3.12 or 3.13 with venv was found: install it (Debian: apt-get install python3 python3-venv)" \
	    "or name it: make PYTHON=/path/to/python3.11" >&2
	  exit 1
	fi
	echo "Making a virtual environment in $(VENV) with $(PYTHON)"
	"$(PYTHON)" -m venv "$(VENV)"
	"$(BIN)/python" -m pip install $(PIP_QUIET) --upgrade pip || echo "pip stays as it came"

# What the program needs to run and to train.
$(VENV)/.runtime: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing PolypViewer (Qt, ONNX Runtime, PyTorch: some minutes the first time)"
	"$(BIN)/python" -m pip install $(PIP_QUIET) -c constraints.txt -e '.[cpu,train]'
	touch $@

# And what its developers need.
$(VENV)/.dev: $(VENV)/.runtime
	@echo "Installing the development tools"
	"$(BIN)/python" -m pip install $(PIP_QUIET) -c constraints.txt -e '.[cpu,train,dev,judges]'
	touch $@

# --- use -----------------------------------------------------------------------------------------------------------

run: $(VENV)/.runtime
	@"$(BIN)/polypviewer" demo demo-project

# --- checks --------------------------------------------------------------------------------------------------------

test: check suite others wheel-test
	@echo
	echo "All checks passed."
	for log in $(LOGS)/*.log; do echo "$$(basename "$$log" .log): $$(tail -n 1 "$$log" | tr -d '=')"; done

check: $(VENV)/.dev
	@echo "== format, lint, types, floors"
	"$(BIN)/ruff" format --check .
	"$(BIN)/ruff" check .
	"$(BIN)/lint-imports" --no-logo
	"$(BIN)/mypy"

format: $(VENV)/.dev
	@"$(BIN)/ruff" check --fix --select I .
	"$(BIN)/ruff" format .

suite: $(VENV)/.dev
	@mkdir -p $(LOGS)
	rm -f $(LOGS)/*.log
	"$(BIN)/python" -m pytest -n $(WORKERS) $(PYTEST_ARGS) | tee "$(LOGS)/python-$$("$(BIN)/python" -c 'import platform; print(platform.python_version())').log"

# The application has to run on every supported Python; training is tested on the main one only.
others: $(VENV)/.dev
	@mkdir -p $(LOGS)
	main=$$("$(BIN)/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
	for version in $(OTHERS); do
	  [ "$$version" = "$$main" ] && continue
	  python=""
	  for candidate in "python$$version" "$${PYENV_ROOT:-$(HOME)/.pyenv}"/versions/"$$version".*/bin/python; do
	    if "$$candidate" -c '$(SUPPORTED)' >/dev/null 2>&1; then python="$$candidate"; fi
	  done
	  if [ -z "$$python" ]; then echo "== Python $$version is not on this machine"; continue; fi
	  echo "== the application on Python $$version"
	  [ -x ".venv-$$version/bin/python" ] || "$$python" -m venv ".venv-$$version"
	  if [ ! -e ".venv-$$version/.dev" ] || [ pyproject.toml -nt ".venv-$$version/.dev" ]; then
	    ".venv-$$version/bin/python" -m pip install $(PIP_QUIET) -c constraints.txt -e '.[cpu,dev]'
	    touch ".venv-$$version/.dev"
	  fi
	  ".venv-$$version/bin/python" -m pytest -n $(WORKERS) --ignore=tests/trainer -m "not torch and not slow" \
	    | tee "$(LOGS)/python-$$version.log"
	done

# An empty environment outside the checkout: are resources, migrations and entry points in the wheel?
wheel-test: $(VENV)/.dev
	@echo "== the wheel, outside the checkout"
	here=$$PWD
	away=$$(mktemp -d)
	trap 'rm -rf "$$away"' EXIT
	"$(BIN)/python" -m build --wheel --outdir "$$away/dist" . >"$$away/build.log" 2>&1 || { cat "$$away/build.log"; exit 1; }
	"$(BIN)/python" -m venv "$$away/venv"
	"$$away/venv/bin/python" -m pip install $(PIP_QUIET) -c constraints.txt "$$(ls "$$away"/dist/*.whl)[cpu,train]"
	cd "$$away"
	HOME="$$away" QT_QPA_PLATFORM=offscreen ./venv/bin/polypviewer demo "$$away/project" --headless
	./venv/bin/polyp-trainer --help >/dev/null
	echo "the wheel runs outside the checkout"
	cd "$$here"

bench: $(VENV)/.dev
	@for name in $(BENCHMARKS); do "$(BIN)/python" -m "benchmarks.$$name" $(if $(QUICK),--quick); done

fuzz: $(VENV)/.dev
	@"$(BIN)/python" -m tests.e2e.fuzz $(PART)

screenshots: $(VENV)/.dev
	@"$(BIN)/python" -m tests.e2e.screenshots docs/pictures
	@"$(BIN)/python" -m tests.models.failures docs/pictures

clean:
	@rm -rf .venv .venv-* build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
