# Every target makes the environment it needs by itself: .venv, and for the emulated AWS .venv-ministack.
# A version of Python (3.11 to 3.14) may be chosen: make test PYTHON=python3.13

SUITABLE = import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c '$(SUITABLE)' 2>/dev/null && echo $$python && break; done)
STAGE ?= production
RUN = .venv/bin/python
# Tests of one file stay together: what they share (a server, a template, a package) is made once for them.
PYTEST_ARGUMENTS ?= -n 2 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help run preview test check mutate bench package deploy remove redrive recover replay clean
.DELETE_ON_ERROR:

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/ready .venv-ministack/ready ## Run everything on this machine, AWS emulated (SPEED=600 for a faster clock, DATA=folder to keep data)
	@$(RUN) -m infra.local

preview: .venv/ready ## Show all templates in a browser, as customers get them (OPEN=0 to open none, PORT=8100, FOLDER=folder)
	@$(RUN) -m infra.local.preview

test: .venv/ready .venv-ministack/ready ## Run the tests
	@$(RUN) -m pytest $(PYTEST_ARGUMENTS)

check: .venv/ready ## Ruff, mypy (strict) and import-linter
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

mutate: .venv/ready ## Change the domain in thousands of small ways and list what no test notices (hours, so CI does not; MUTANTS="chalicelib.domain.limits*" for one module)
	@.venv/bin/mutmut run --max-children 2 $(if $(MUTANTS),"$(MUTANTS)")
	@.venv/bin/mutmut results

bench: .venv/ready .venv-ministack/ready ## Measure capacity, cost, cold start, fold and handler
	@$(RUN) -m bench

package: .venv/ready ## Build the CloudFormation template and the code package of STAGE into build/STAGE/
	@$(RUN) -m infra.build --stage $(STAGE)

deploy: .venv/ready ## Check the AWS account, then deploy STAGE (PLAN=1 only shows what would be done; see docs/deploy.md)
	@$(RUN) -m infra.deploy --stage $(STAGE) $(if $(PLAN),--plan) $(DEPLOY_ARGUMENTS)

remove: .venv/ready ## Remove STAGE from AWS (KEEP=data keeps tables, files and secrets)
	@$(RUN) -m infra.remove --stage $(STAGE) $(if $(KEEP),--keep $(KEEP)) $(if $(YES),--yes)

redrive: .venv/ready ## Work again what STAGE set aside after its retries
	@$(RUN) -m infra.operations redrive --stage $(STAGE)

recover: .venv/ready ## Fold from the archive (or the table) what STAGE's stream no longer holds, after an outage of more than 24 hours
	@$(RUN) -m infra.operations recover --stage $(STAGE) $(if $(SINCE),--since "$(SINCE)")

replay: .venv/ready ## Read STAGE's quarantined bodies again, after a fix
	@$(RUN) -m infra.operations replay --stage $(STAGE)

clean: ## Remove what was built, environments included
	@rm -rf .venv .venv-ministack build mutants

.venv/ready: requirements.txt requirements-analytics.txt requirements-dev.txt
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(SUITABLE)' \
		|| { echo "Python 3.11 to 3.14 is needed; say which: make … PYTHON=python3.x"; exit 1; }
	@test -x $(RUN) || $(PYTHON) -m venv .venv
	@$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# An environment of its own: MiniStack pins a botocore that is not ours.
.venv-ministack/ready: requirements-ministack.txt
	@test -x .venv-ministack/bin/python || $(PYTHON) -m venv .venv-ministack
	@.venv-ministack/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-ministack.txt
	@touch $@
