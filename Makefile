# All the work is done by labsupport/environment.py, which needs nothing but Python and runs on Windows, too.

SUITABLE = import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
KNOWN = python3.14 python3.13 python3.12 python3.11 python3 python
FOUND := $(shell for each in $(if $(PYTHON),"$(PYTHON)",$(KNOWN)); do "$$each" -c '$(SUITABLE)' 2>/dev/null && echo "$$each" && break; done)
PORT ?= 8888

help:
	@echo 'make lab                open the notebooks in JupyterLab (PORT=8890 for another port, BROWSER=no for no browser)'
	@echo 'make test               run every test (ARGS="-k caching" for some of them)'
	@echo 'make bench              measure against other programs, in ratios'
	@echo 'make record             run the real systems and record what they do'
	@echo 'make handout            write what students get, without solutions, into class/handout (ARGS=DIR for another folder)'
	@echo 'make pins               compile the pinned requirements from pyproject.toml'
	@echo 'make clean              remove the environment and all caches, but no notebook of yours'
	@echo 'PYTHON=/path/to/python  before or after any of them: use this one'

lab: python
	@"$(FOUND)" -m labsupport.environment lab --port "$(PORT)" $(if $(filter no No NO,$(BROWSER)),--no-browser)

test bench record handout: python
	@"$(FOUND)" -m labsupport.environment $@ -- $(ARGS)

pins clean: python
	@"$(FOUND)" -m labsupport.environment $@

python:
	@test -n "$(FOUND)" || { echo 'No Python 3.11 to 3.14 was found$(if $(PYTHON), as $(PYTHON)): install one (python.org, or your package manager), or say where it is with PYTHON=/path/to/python.'; exit 1; }

.PHONY: help lab test bench record handout pins clean python
