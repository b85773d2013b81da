# The words people type; CI types the same ones. Needs Python 3.11 or newer, git and make.
# PYTHON=… names another Python, PORT=… another port than 8000, TESTS=… some of the tests.

PY := .venv/bin/python
TESTS ?=
catalogues := $(shell find platform tenants crm billing api frontend infra -name '*.po' 2>/dev/null)
templates = $(shell find platform tenants crm billing api frontend -path '*/templates/*.html' 2>/dev/null)

export PYTHONUTF8 := 1

.PHONY: help setup run services stop status test kills soak api-fuzz bench bench-tenancy chromium lint format

help:
	@echo 'make run       start everything on http://localhost:8000 (PORT=8001 make run: elsewhere)'
	@echo 'make services  only PostgreSQL and Valkey, until make stop'
	@echo 'make status    what runs here'
	@echo 'make stop      end all that runs here'
	@echo 'make test      all tests, those in a real browser too (TESTS="tests/kernel -x" make test: some)'
	@echo 'make kills     kill parts of a running stack again and again (ROUNDS=20)'
	@echo 'make soak      half an hour of many stores at once, searched for leaks (MINUTES=30 STORES=30)'
	@echo 'make bench     what a store of 100,000 customers costs: files in, planning, screens, reports'
	@echo 'make bench-tenancy  a thousand tenants, measured (TENANTS=1000 STOCK=20)'
	@echo 'make api-fuzz  odd requests to every address of the API (TRIES=300)'
	@echo 'make lint      all that a machine can say about the code'
	@echo 'make format    put code and templates into their form'
	@echo 'make setup     the environment in .venv; the others call it'

setup: .venv/.ready .venv/.translated
	@:

# A checkout that was moved has the old folder's names in its environment.
ifneq "$(shell cat .venv/.ready 2>/dev/null)" "$(shell pwd -P)"
.PHONY: .venv/.ready
endif

.venv/.ready: requirements.lock pyproject.toml
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			exec "$$python" -I platform/sanfang/ops/environment.py; \
		fi; \
	done; \
	echo 'Python 3.11 or newer was not found. Install it, or name it: PYTHON=/path/to/python3 make setup' >&2; exit 1

# Whoever cleared away what isn't kept in the repository has no compiled catalogues, but perhaps still the environment.
ifneq "$(words $(wildcard $(catalogues:.po=.mo)))" "$(words $(catalogues))"
.PHONY: .venv/.translated
endif

.venv/.translated: .venv/.ready $(catalogues)
	@$(PY) -m sanfang.ops.translations compile && touch $@

run services stop status: setup
	@exec $(PY) -m sanfang $@

# The tests bring their own servers (var/test), which stay for the next time until make stop. A file stays with one
# process, because its tests may share a database of their own; the longest files begin (tests/conftest.py).
test: setup chromium
	@exec $(PY) -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder $(TESTS)

# ROUNDS kills of a whole stack's parts, at any moment. Takes some ten seconds each.
kills: setup
	@exec $(PY) tests/ops/many_kills.py $(or $(ROUNDS),20)

# One store's work, beside a plain COPY, a count by hand or whatever the part names as its reference. Half an hour.
bench: setup
	@failed=; for part in imports planning screens reports; do \
		echo "--- $$part"; $(PY) tests/bench/$$part.py || failed="$$failed [$$part]"; \
	done; if [ -n "$$failed" ]; then echo "below their goals:$$failed" >&2; exit 1; fi

# What a thousand tenants cost, beside what they cost with Django's own means. The first time it makes them: half an hour.
bench-tenancy: setup
	@exec $(PY) tests/bench/tenancy.py --tenants=$(or $(TENANTS),1000) --stock=$(or $(STOCK),20)

# Odd requests to every address of the API, TRIES of each kind; how many came out how.
api-fuzz: setup
	@API_FUZZ=$(or $(TRIES),300) exec $(PY) -m pytest -q -s tests/api/test_openapi.py

# Many stores at once on a stack of its own, and nobody sees another's.
soak: setup
	@exec $(PY) tests/bench/soak.py --minutes=$(or $(MINUTES),30) --stores=$(or $(STORES),30)

chromium: setup
	@$(PY) tests/browser_support.py

# All of it is said, not only the first. No database is asked: the address leads nowhere.
lint: export DATABASE_URL := postgresql://nobody@127.0.0.1:9/none
lint: setup
	@failed=; check() { echo "--- $$1"; name=$$1; shift; "$$@" || failed="$$failed [$$name]"; }; \
	check 'code' $(PY) -m ruff check --quiet .; \
	check 'form of the code' $(PY) -m ruff format --check --quiet .; \
	check 'types' $(PY) -m mypy .; \
	check 'walls between the packages' $(PY) -c 'from importlinter.cli import lint_imports_command as lint; lint()'; \
	check 'form of the templates' .venv/bin/djade --check --target-version 5.2 $(templates); \
	check 'translations' $(PY) -m sanfang.ops.translations check; \
	check 'missing migrations' $(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run; \
	check 'settings of production' env DJANGO_SETTINGS_MODULE=sanfang.settings.production \
		MAIN_HOST=sanfang.example TENANT_HOST_SUFFIX=.sanfang.example TRUSTED_PROXIES=1 \
		SECRET_KEY="$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(50))')" \
		$(PY) manage.py check --deploy --fail-level WARNING; \
	if [ -n "$$failed" ]; then echo "FAILED:$$failed" >&2; exit 1; fi

format: setup
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .
	.venv/bin/djade --target-version 5.2 $(templates)
