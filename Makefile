# What people type. Each target first makes the environment it runs in (local/bootstrap.sh; nothing to do from the second time on).
.DEFAULT_GOAL := help
SHELL := /bin/sh
BOOT := sh local/bootstrap.sh
BIN := .venv/bin
CACHE = "$${MLP_CACHE:-$$( [ "$$(id -u)" = 0 ] && echo /var/cache || echo "$${XDG_CACHE_HOME:-$$HOME/.cache}")/mlplatform}"
UV = $(CACHE)/boot/bin/uv
LOCK = $(UV) pip compile --quiet --no-header --generate-hashes

.PHONY: help boot up down purge doctor preview policy test unit e2e soak bench images notebook-image lint lock docs

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

boot: ## Make the tools and the Python environment (every other target does)
	@$(BOOT)

up: boot ## The platform on this machine: cluster, stacks, a trained model, a table of addresses
	@$(BIN)/mlp up --yes

down: boot ## Stop the platform and the cluster; data stays
	@$(BIN)/mlp down

purge: boot ## Stop it and remove its data and caches too
	@$(BIN)/mlp purge

doctor: boot ## Say what this machine lacks; change nothing
	@$(BIN)/mlp doctor

preview: boot ## Preview every stack, with no cluster and no account
	@$(BIN)/mlp preview

policy: boot ## Check every stack's preview by the rules in policies/, with no cluster and no account
	@$(BIN)/mlp policy

images: boot ## Build the images that changed
	@$(BIN)/mlp images

notebook-image: boot ## Build, try and push the notebook image with every framework (gigabytes; `make up` doesn't)
	@$(BIN)/mlp images notebook

lint: boot ## Style, types and layers
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@MYPY_CACHE_DIR=$(CACHE)/mypy $(BIN)/mypy
	@$(BIN)/lint-imports

test: boot ## Lint, and every test that needs neither cluster nor engine, in under five minutes
	@$(MAKE) --no-print-directory -j2 lint unit

unit: boot ## Those tests without lint
	@$(BIN)/pytest -n 3 --dist worksteal -m 'not engine' tests/unit

e2e: boot ## The tests on a real cluster, and those that need the engine which it brings
	@$(BIN)/pytest --reruns 1 --reruns-delay 10 --max-suite-reruns 10 --durations=30 --durations-min=5 -m 'not soak' tests/e2e

soak: boot ## Tests on a real cluster that take a quarter of an hour each
	@$(BIN)/pytest -m soak tests/e2e

bench: boot ## Measure it, and fail where it is slower than promised
	@$(BIN)/python -m tests.bench

docs: boot ## Generate the references of specs and policies
	@$(BIN)/python -m stacks.spec.reference
	@$(BIN)/python -m policies.reference

lock: boot ## Lock what changed in the requirements, with hashes; pins that fit stay
	@$(LOCK) --universal --python-version 3.11 --no-annotate local/toolchain/tools.in -o local/toolchain/tools.lock
	@$(LOCK) --universal --python-version 3.11 --all-extras pyproject.toml -o requirements.lock
	@for folder in images/*; do \
		[ -f "$$folder/requirements.in" ] || continue; \
		(cd "$$folder" && $(LOCK) --python-version 3.13 $$(ls overrides.txt 2>/dev/null | sed "s/^/--override /") requirements.in -o requirements.lock) || exit 1; \
	done
	@git diff --stat -- '*.lock'
