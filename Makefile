# Every command of the portal; `make` alone prints them.

PYTHON ?= python3
BIN := .venv/bin
# The stamps: the virtual environment is whole; each of the two lock files is installed in it.
VENV := .venv/python.stamp
RUNTIME := .venv/runtime.stamp
DEV := .venv/dev.stamp
WORKERS ?= 2
ARGS ?=
# Tests and servers start dozens of processes: each would compile the portal again.
unexport PYTHONDONTWRITEBYTECODE

LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade)
NEEDS_VENV := Il manque le module venv de Python : apt-get install python3-venv
NEEDS_PYTHON := Python 3.11 ou plus récent est nécessaire : apt-get install python3 python3-venv

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run serve install test check proofs mutants bench captures migration vendor audit lock format clean services lint types imports gabarits verrous

help: ## cette liste
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(RUNTIME) ## le portail et ses données de démonstration, sur http://127.0.0.1:8000 (PORT=… pour changer)
	@PORTAL_ENV=development exec $(BIN)/python -m portal run --demo

serve: $(RUNTIME) ## le portail en production, réglé par l'environnement et le fichier .env (voir .env.example)
	@exec $(BIN)/python -m portal run

install: $(RUNTIME) ## installer ou mettre à jour ce dont le portail a besoin, sans le démarrer

test: $(DEV) services check ## tout vérifier : règles, unités, pages, SQLite et PostgreSQL, navigateur (ARGS=… pour pytest)
	$(BIN)/pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: lint types imports gabarits verrous ## les règles du code : style, types, dépendances entre paquets, gabarits
	@echo "Les règles du code sont tenues."

proofs: $(DEV) services ## les essais longs, aux tailles promises : courses, arrêts brutaux, documents au hasard
	PORTAL_PROOFS=1 $(BIN)/pytest -m "proof or hypothesis" -o faulthandler_timeout=1800 $(ARGS)

mutants: $(DEV) ## changer un signe à la fois dans ce qui compte l’argent : chaque changement doit faire échouer un essai
	$(BIN)/mutmut run
	$(BIN)/mutmut results

bench: $(DEV) ## mesurer la vitesse face aux budgets et aux derniers passages (ARGS="listing 304" : une partie)
	@$(BIN)/python tools/systeme.py chromium wrk
	$(BIN)/python -m bench $(ARGS)

captures: $(DEV) ## les images de docs/captures, prises sur un portail en marche (URL=…)
	$(BIN)/python -m tools.captures $(or $(URL),http://127.0.0.1:8000)

migration: $(DEV) ## préparer la version suivante de la base, d'après les models (NOM=date_limite)
	@$(BIN)/python -m tools.revision $(NOM)

vendor: $(DEV) ## reprendre les fichiers de static/vendor depuis leurs paquets
	$(BIN)/python tools/vendor.py $(ARGS)

audit: $(DEV) ## chercher les failles connues de nos bibliothèques, sur internet
	$(BIN)/pip-audit --strict --require-hashes --disable-pip --progress-spinner off -r requirements-dev.txt

lock: $(DEV) ## refaire les deux fichiers de versions (UPGRADE=1 : tout mettre à jour)
	$(LOCK) --output-file requirements.txt
	$(LOCK) --constraint requirements.txt --group dev --output-file requirements-dev.txt

format: $(DEV) ## mettre le code en forme
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## effacer l'environnement et les caches ; jamais instance/, qui porte les données
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache mutants
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the parts of `check`

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --output-format concise .

types: $(DEV)
	$(BIN)/mypy

imports: $(DEV)
	$(BIN)/lint-imports

gabarits: $(DEV)
	$(BIN)/djlint --lint --quiet templates

verrous:
	@! grep -nE '://|--(index|extra-index|find-links|trusted)' requirements.txt requirements-dev.txt \
		|| { echo "Un fichier de versions ne doit nommer aucune adresse."; exit 1; }

# --- what the commands stand on

services: $(DEV)
	@$(BIN)/python tools/systeme.py

$(VENV):
	@command -v $(PYTHON) >/dev/null || { echo "$(NEEDS_PYTHON)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(NEEDS_PYTHON)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(NEEDS_VENV)"; exit 1; }
	@$(PYTHON) -m venv --clear .venv
	@touch $@

$(RUNTIME): requirements.txt $(VENV)
	@echo "Installation, environ une minute…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# After the runtime one, so that two installs never write to .venv at once.
$(DEV): requirements-dev.txt $(RUNTIME)
	@echo "Installation des outils de développement, environ une minute…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@
