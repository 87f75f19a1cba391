# The words of this project: what a person types, CI types too (.ci/run). `make` alone lists them.
PRACTICE = templates/samples/small/practice.yaml
VENV = .venv/bin
SETUP = sh tests/setup.sh
WORKERS = 2

.DEFAULT_GOAL := help
.PHONY: help setup pack test check verify verify-letters bench bench-letters pictures lock clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

setup: ## make .venv with the pinned packages for working on the code (the other targets do this by themselves)
	@$(SETUP) dev

pack: ## build the pack of the sample practice into output/ (another: make pack PRACTICE=my/practice.yaml)
	@$(SETUP) pack
	@$(VENV)/migpack build "$(PRACTICE)" --out output
	@echo "The pack is in the folder output/."

test: ## run the tests (Python only; ARGS="-k words" chooses)
	@$(SETUP) dev
	@$(VENV)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

check: ## style, types and the import layers
	@$(SETUP) dev
	@$(VENV)/python -m ruff check src tests
	@$(VENV)/python -m ruff format --check src tests
	@$(VENV)/python -m mypy
	@$(VENV)/python -m pytest tests/test_layers.py

verify: ## build the sample packs and put every file before LibreOffice, poppler and the Open XML SDK
	@$(SETUP) verify
	@$(VENV)/python tests/verify.py $(ARGS)
	@$(VENV)/python -m pytest -n 0 -m office tests/test_office.py

verify-letters: ## compare letters that are poured with full layout, over all letters, styles and profiles (ARGS="--seed 1 --each 10")
	@$(SETUP) dev
	@$(VENV)/python tests/verify_letters.py $(ARGS)

bench: ## measure how long building takes
	@$(SETUP) dev
	@$(VENV)/python tests/bench.py $(ARGS)

bench-letters: ## measure what a letter to patients costs, beside WeasyPrint, Typst and python-docx
	@$(SETUP) dev
	@$(VENV)/python tests/bench_letters.py $(ARGS)

pictures: ## make the pictures of docs/pictures/ from the sample packs
	@$(SETUP) verify
	@$(VENV)/python tests/pictures.py $(ARGS)

lock: ## take new pinned versions of all packages into .ci/requirements.lock
	@$(SETUP) lock

clean: ## remove .venv, caches and builds; what is in output/ stays, since people may have worked on it
	rm -rf .venv build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find src tests -name __pycache__ -prune -exec rm -rf {} +
