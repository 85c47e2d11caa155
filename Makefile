# Durable workflows in a browser tab. `make playground` builds and serves the page, `make test` runs every test.
PYTHON ?= python3
RUN := .venv/bin/python -m
.DEFAULT_GOAL := playground
.PHONY: playground build test test-browsers test-embeds baselines lint soak bench clean

playground: build  ## build the site and serve it (PORT=8000, OPEN=1 opens a browser)
	@exec $(RUN) playground.serve

build: .venv/build  ## build the site into dist/ (PUBLIC_URL=https://… is where links point)
	@$(RUN) playground.build

test: .venv/test  ## lint, types, and all tests (STAGE=name runs one stage, e.g. STAGE=engine)
	@$(RUN) tests.stages $(STAGE)

test-browsers: .venv/test build  ## story, notebooks, storage, attacks and kills in Firefox and WebKitGTK
	@$(RUN) pytest tests/browsers

test-embeds: .venv/test build  ## the markup of the docs in MkDocs and Sphinx, which it installs
	@$(RUN) pytest tests/embeds

baselines: .venv/test build  ## take the pictures of every state anew (tests/playground/looks); look at them before you commit them
	@$(RUN) tests.playground.pictures

lint: .venv/test  ## ruff and types only
	@$(RUN) tests.stages lint types javascript

soak: .venv/test  ## simulated runs with faults, fresh seeds, until one fails (SECONDS=600 or RUNS=10000; KILLS=200 adds a browser)
	@PYTHONPATH=engine $(RUN) tests.simulation $(if $(RUNS),--runs $(RUNS),--seconds $(or $(SECONDS),600))
	@$(if $(KILLS),$(RUN) playground.build && PYTHONPATH=engine $(RUN) tests.crash --kills $(KILLS))

bench: .venv/test build  ## durable steps per second against a peer, and how long the page keeps one waiting (BENCH=engine, BENCH=page: one)
	@PYTHONPATH=engine $(RUN) tests.bench $(BENCH)

clean:  ## remove everything that was built
	rm -rf .venv build dist node_modules

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Creating .venv"
	@$(PYTHON) -m venv .venv || { echo "The venv module is missing: install the package python3-venv"; exit 1; }
	@touch $@

.venv/build: .venv/made requirements/build.txt
	@echo "Installing what the build needs"
	@$(RUN) pip install -qq --disable-pip-version-check -r requirements/build.txt
	@touch $@

.venv/test: .venv/build requirements/test.txt requirements/libs.txt
	@echo "Installing what the tests need"
	@$(RUN) pip install -qq --disable-pip-version-check -r requirements/test.txt -r requirements/libs.txt
	@touch $@
