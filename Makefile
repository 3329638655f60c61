# The two commands most people need: `make run` and `make test`. The rest: `make help`.
PYTHON ?= python3
BIN := .venv/bin
export RASA_TELEMETRY_ENABLED := false
# Two BLAS threads at most: more only wait for each other on small machines (docs/benchmarks.md).
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1
export PYTHONPATH := $(CURDIR)
# Many processes are started here: each would compile all it imports anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run demo-wechat demo-campaign test lint bench train index load lock soak clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: ## set everything up and run the assistant
	@$(PYTHON) deploy/bootstrap.py run
	@$(BIN)/python -m fanzha run

demo-wechat: ## run it behind a fake WeChat, with a page that plays the phone
	@$(PYTHON) deploy/bootstrap.py run
	@$(BIN)/python -m tests.fakes.wechat.demo

demo-campaign: ## play the Spring Festival campaign against the fake WeChat, up to its report
	@$(PYTHON) deploy/bootstrap.py test
	@$(BIN)/python -m tests.fakes.campaign_demo

test: ## set up what the tests need and run them all
	@$(PYTHON) deploy/bootstrap.py test
	@$(MAKE) --no-print-directory -j 2 index train lint
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m "not processes"
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "processes and not alone"
	@$(BIN)/python -m pytest -m alone

lint: ## style, types, import law, knowledge, sources of facts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m fanzha kb lint
	@$(BIN)/python -m bench.fact_check

bench: ## measure and write docs/benchmarks.md
	@$(PYTHON) deploy/bootstrap.py test
	@$(BIN)/python -m bench.report

train: ## train the dialogue engine if its inputs changed
	@$(BIN)/python -m fanzha train

index: ## build the index and the scorer if the knowledge changed
	@$(BIN)/python -m fanzha index

lock: ## write the lock files anew from pyproject.toml
	@$(PYTHON) -m deploy.lock

load: ## measure acknowledgements, waiting times and crowds, and write docs/load.md
	@$(PYTHON) deploy/bootstrap.py test
	@$(BIN)/python -m bench.webhooks --write docs/load.md
	@$(BIN)/python -m bench.answers --minutes 10 --write docs/load.md
	@$(BIN)/python -m bench.campaigns --write docs/campaigns.md

soak: ## an hour of steady load, then 10,000 messages with kill -9 of every part, against the real processes
	@$(PYTHON) deploy/bootstrap.py test
	@$(BIN)/python -m bench.soak --write docs/load.md
	@$(BIN)/python -m tests.fakes.wechat.kill --seconds 600
	@$(BIN)/python -m tests.fakes.wechat.kill --messages 10000 --rate 10 --write docs/load.md
	@$(BIN)/python -m tests.fakes.telegram.campaign_kill --write docs/campaigns.md

clean: ## remove environments, index, models and databases
	rm -rf .venv .venv-rasa .var .mypy_cache .ruff_cache .pytest_cache .hypothesis .rasa
