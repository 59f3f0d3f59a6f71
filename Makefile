# SPDX-License-Identifier: Apache-2.0
#
# Two commands matter: "make demo" and "make test". Both install what they
# need, and both want root, because they boot a disposable machine.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PACKAGES := $(shell sed -n 's/^\([a-z0-9.+-]\+\) \[platform.*/\1/p' bindep.txt)
TEST_PACKAGES := $(shell sed -n 's/^\([a-z0-9.+-]\+\) \[test.*/\1/p' bindep.txt)
BED_PACKAGES := $(shell sed -n 's/^\([a-z0-9.+-]\+\) \[bed.*/\1/p' bindep.txt)
# The supported interpreters. Those that are on this machine are tested, all
# of them: one that starts but cannot be used fails the run. pyenv's are found
# even where its shims are not set up.
SUPPORTED := 3.11 3.12 3.13
PYENV := $(wildcard $(SUPPORTED:%=$(HOME)/.pyenv/versions/%.*/bin))
space := $(subst ,, )
export PATH := $(subst $(space),:,$(PYENV) $(PATH))
# Older makes do not hand what they export to their own $(shell).
HERE = $(shell PATH='$(PATH)'; for version in $(SUPPORTED); do \
    ! python$$version -c '' 2>/dev/null || echo $$version; done)
MISSING = $(filter-out $(HERE),$(SUPPORTED))
PYTHONS = $(subst $(space),$(comma),$(HERE:3.%=py3%))
comma := ,
# What finds the same on each Python is tested on one of them.
test unit functional: export SHARED_PYTHONS = $(HERE)
# The oldest Ceilometer works on the oldest Python only.
OLDEST = $(if $(filter 3.11,$(HERE)),$(comma)ceilometer19)
define SAY_PYTHONS
@test -n "$(HERE)" || { \
    echo >&2 "make: none of $(SUPPORTED:%=Python %) is here"; exit 1; }
@echo "Tests run on: $(HERE:%=Python %)"
@test -z "$(MISSING)" || \
    echo "Not on this machine, so not tested: $(MISSING:%=Python %)"
@test -n "$(OLDEST)" || \
    echo "Needs Python 3.11, so not tested: Ceilometer 19"
endef
TOX := .venv/bin/tox run --skip-missing-interpreters false
# The longest ones all at once, also on two processors: one that is left for
# the end would have them alone, and tests with real processes mostly wait.
# What an environment prints is shown when it has ended.
TOX_PARALLEL := .venv/bin/tox run-parallel --parallel 4 \
    --parallel-no-spinner --skip-missing-interpreters false

.PHONY: help
help: ## Say what can be made
	@sed -n 's/^\([a-z0-9-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 23

.PHONY: demo
demo: deps ## Show a report of a real daemon, in a disposable machine
	@/usr/bin/python3 -m tests.system.demo

.PHONY: test
test: tox ## Run everything: linters, types, docs, and all tests
	$(SAY_PYTHONS)
	$(TOX_PARALLEL) -e system,$(PYTHONS)$(OLDEST),pep8,mypy,docs,releasenotes
	$(SAY_PYTHONS)

.PHONY: lint
lint: tox ## Run the linters and the type checker
	$(TOX) -e pep8,mypy,releasenotes

.PHONY: unit
unit: tox ## Run the unit tests on every Python
	$(SAY_PYTHONS)
	$(TOX) -e $(PYTHONS) -- tests/unit

.PHONY: functional
functional: tox ## Run the tests with real processes on every Python
	$(SAY_PYTHONS)
	$(TOX) -e $(PYTHONS) -- tests/functional

.PHONY: system
system: tox ## Run the tests with real daemons under a real systemd
	$(TOX) -e system

# Distributions with a Ceilometer of their own. Each is a bed of the system
# tests, see tests/system/beds.py, and too slow for each run. Where many tests
# fail, nobody wants to wait for each of them as long as on a busy machine.
BEDS := debian-12 debian-13 debian-testing
$(BEDS) matrix: export EVENT_SECONDS ?= 60
$(BEDS) matrix packages compatibility: PACKAGES += $(BED_PACKAGES)

.PHONY: matrix
matrix: tox ## Run the system tests on every other distribution
	@passed=; failed=; for bed in $(BEDS); do \
	    if CEILOMETER_TEST_BED=$$bed $(TOX) -e system; \
	    then passed+=" $$bed"; else failed+=" $$bed"; fi; \
	done; \
	echo "System tests pass on:$${passed:- none}; fail on:$${failed:- none}"; \
	test -z "$$failed"

.PHONY: $(BEDS)
debian-12: ## Run the system tests on Debian 12 and its Ceilometer
debian-13: ## Run the system tests on Debian 13 and its Ceilometer
debian-testing: ## Run the system tests on Debian testing, the same
$(BEDS): tox
	CEILOMETER_TEST_BED=$@ $(TOX) -e system

.PHONY: versions
versions: tox ## Run the tests of hooks on Ceilometer 19, 24, 25, and 26
	$(TOX) -e ceilometer19,ceilometer24,ceilometer25,ceilometer26

.PHONY: packages
packages: tox ## Build .deb and .rpm, try them with Debian's Ceilometer: BEDS=
	@passed=; failed=; for bed in $(BEDS); do \
	    if CEILOMETER_TEST_BED=packaging-$$bed $(TOX) -e system -- \
	        tests/system/packages; \
	    then passed+=" $$bed"; else failed+=" $$bed"; fi; \
	done; \
	echo "Packages pass on:$${passed:- none}; fail on:$${failed:- none}"; \
	test -z "$$failed"

# Not $(BEDS): without BEDS= on the command line, PyPI's are tried as well.
.PHONY: compatibility
compatibility: deps ## Install, ask, remove on each supported system: a table
	@/usr/bin/python3 -m tests.system.compatibility

# Without BEDS= on the command line, on these.
.PHONY: outcomes
outcomes: BEDS := host debian-13 debian-testing
outcomes: PACKAGES += $(BED_PACKAGES)
outcomes: tox ## Break what units stand on: a table of what they do, BEDS=
	@passed=; failed=; for bed in $(BEDS); do \
	    if OUTCOMES=1 CEILOMETER_TEST_BED=$$bed $(TOX) -e system -- \
	        tests/system/outcomes; \
	    then passed+=" $$bed"; else failed+=" $$bed"; fi; \
	done; \
	echo "Outcomes as documented on:$${passed:- none};" \
	    "others on:$${failed:- none}"; \
	test -z "$$failed"

.PHONY: healthy
healthy: deps ## Watch healthy daemons for half an hour: no false alarm
	@/usr/bin/python3 -m tests.system.healthy

.PHONY: conditions
conditions: tox ## Try each condition of the catalogue: a table, TRIGGERS=10000
	@CONDITIONS=1 /usr/bin/python3 -m tests.conditions

.PHONY: faults
faults: tox ## Plant the listed faults one by one: each must fail a test
	$(TOX) -e faults

.PHONY: bench
bench: tox ## Run all benchmarks, on a machine with nothing else to do
	$(TOX) -e bench

.PHONY: fuzz
fuzz: tox ## Try many random inputs, and large texts that are hostile
	$(TOX) -e fuzz

.PHONY: completions
completions: tox ## Make the completions of shells anew, from the verbs
	$(TOX) -e completions

.PHONY: units
units: ## Make the units anew, from what they have in common
	python3 -m tools.units

.PHONY: docs
docs: tox ## Build the documentation
	$(TOX) -e docs

# For packagers, who build the Python package from the wheel: what systemd,
# shells and man read. DESTDIR is the package's own root directory.
PYTHON ?= python3
PREFIX ?= /usr/local
MANUAL := ceilometer/diagnostics/system_files/man
.PHONY: man
man: ## Make the manual pages, with no more than Sphinx
	$(PYTHON) -m sphinx -q -b man -d doc/build/doctrees doc/source $(MANUAL)

.PHONY: install
install: ## Install units, completions, manual: DESTDIR=, PREFIX=, WHAT=drop-ins
	@# without Sphinx there are no manual pages, and install-system says so
	@if $(PYTHON) -c 'import sphinx' 2>/dev/null; then \
	    $(MAKE) --no-print-directory --silent man; fi
	@$(if $(DESTDIR),mkdir -p '$(DESTDIR)')
	@# without site: of this tree, even if another version is installed
	@PYTHONPATH='$(CURDIR)' $(PYTHON) -S -m ceilometer_diagnostics \
	    install-system --prefix='$(PREFIX)' $(WHAT:%=--%) \
	    $(if $(DESTDIR),--root='$(DESTDIR)' --no-record)

.PHONY: clean
clean: ## Remove what was built here; the cache in /var/cache stays
	rm -rf .tox .venv build dist doc/build $(MANUAL) *.egg-info .mypy_cache \
	    .pytest_cache .ruff_cache .coverage
	find . -name __pycache__ -prune -exec rm -rf {} +

# Not listed in the help: what the targets above stand on.

.PHONY: deps
deps:
	@missing=; for package in $(PACKAGES); do \
	    dpkg-query -W -f='$${Status}' $$package 2>/dev/null \
	    | grep -q '^install ok installed' || missing+=" $$package"; \
	done; \
	test -z "$$missing" && exit; \
	command -v apt-get >/dev/null || { echo >&2 \
	    "make: this needs Debian or Ubuntu, or what bindep.txt lists"; exit 1; }; \
	test "$$(id -u)" = 0 || { echo >&2 \
	    "make: run as root, to install:$$missing"; exit 1; }; \
	echo "Installing$$missing"; \
	export DEBIAN_FRONTEND=noninteractive; \
	apt-get -qq update; \
	apt-get -qq install --yes --no-install-recommends $$missing >/dev/null

.PHONY: tox
tox: PACKAGES += $(TEST_PACKAGES)
tox: deps .venv/bin/tox

.venv/bin/tox:
	rm -rf .venv
	/usr/bin/python3 -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check 'tox>=4.11'
