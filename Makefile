# Thin names for the commands of README and docs: `make help`.
UV := .venv/bin/uv

.DEFAULT_GOAL := help
.PHONY: help setup demo check format test test-slow test-security docs site bench release

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

.venv/bin/uv:
	python3 -m venv .venv && .venv/bin/pip install -q --require-hashes -r requirements-uv.txt

setup: $(UV) ## Install the locked dependencies with all extras
	$(UV) sync -q --inexact --locked --all-extras

demo: setup ## Run everything, from nothing to dashboards
	.venv/bin/shopstream demo

check: setup ## Style, types, imports, SQL and definitions
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/pyright
	.venv/bin/lint-imports --no-logo
	.venv/bin/codespell
	.venv/bin/sqlfluff lint -q shopstream_dbt/models shopstream_dbt/tests
	.venv/bin/dagster definitions validate -m shopstream_platform.definitions

format: setup ## Format Python
	.venv/bin/ruff check --fix -q .
	.venv/bin/ruff format .

test: setup ## The fast tests
	.venv/bin/pytest -n 2 --dist loadgroup

test-slow: setup ## The slow tests
	.venv/bin/pytest -m slow

test-security: setup ## Attacks that must fail
	.venv/bin/pytest -m security

docs: setup ## dbt's documentation site of the warehouse as it is
	.venv/bin/shopstream docs --build-only

site: setup ## The documentation site in site/, links checked
	$(UV) sync -q --inexact --locked --all-extras --group site
	.venv/bin/mkdocs build

bench: setup ## The benchmarks, as ratios
	.venv/bin/python -m benchmarks

release: setup ## Wheel and sdist in dist/
	$(UV) build -q --out-dir dist
