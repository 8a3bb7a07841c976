# Two commands do it all: `make up` and `make test`. `make help` lists the rest.
# CLOUD=localcloud|digitalocean and NAME=dev select the environment; .env.example lists all variables.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help up logs down plan drill drill-matrix artifact release rollback run bench build compile deps deny test test-unit test-browser test-schemas test-clients test-logs test-rules test-e2e test-faults test-monitoring test-release lint check-vendors

export CLOUD ?= localcloud
export NAME ?= dev
export PATH := $(HOME)/.cargo/bin:$(PATH)

# Every build selects the whole workspace and names its binaries. So dependencies have the same features in each, and are
# compiled once.
CARGO := cargo build --release --locked --workspace
UP := minitwit healthcheck floatip localcloud minitwitctl elk
BINARIES := $(UP) drill release
FAULT ?= app-stop
RUNS ?= 1
CHECKS ?= bans licenses sources

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9%-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo '  target/release/minitwitctl --help lists what operators do with an environment: status, shell, sql, watch, ...'

up: ## Create the environment and print the live address (CLOUD=digitalocean for a real account)
	@scripts/install rust cloud terraform ansible $(if $(filter localcloud-on,$(CLOUD)-$(LOGS)),elastic)
	@$(CARGO) $(foreach binary,$(UP),--bin $(binary))
	@scripts/up

logs: build ## Create the environment with the log pipeline: Elasticsearch and Filebeat
	@scripts/install cloud terraform ansible $(if $(filter localcloud,$(CLOUD)),elastic)
	@LOGS=on scripts/up

down: ## Remove the environment
	@scripts/down

plan: ## Show what Terraform would change; exit code 2 if anything
	@scripts/terraform plan -detailed-exitcode -compact-warnings

drill: build ## Inject a fault and measure what clients see: make drill FAULT=power-off RUNS=5
	@target/release/drill failover --fault $(FAULT) --runs $(RUNS)

drill-matrix: build ## Inject every fault in local clouds of its own and write docs/FAILOVER.md: make drill-matrix RUNS=50 CLOUDS=3
	@scripts/install cloud terraform ansible
	@FAULTS=$(FAULTS) CLOUDS=$(CLOUDS) scripts/drill-matrix $(CURDIR)/.cache/drill-matrix --runs $(RUNS)
	@target/release/drill page --write docs .cache/drill-matrix/*.json

artifact: ## Build a version's artifact from what is committed: make artifact VERSION=v1.2.3
	@scripts/install rust
	@$(CARGO) --bin release
	@scripts/artifact $(VERSION)

release: artifact ## Release a version: verify it, then move the live IP to it: make release VERSION=v1.2.3 (TRIAL=1, RELEASE_HOLD=1)
	@target/release/release run $(VERSION) $(RELEASE_FLAGS)

# Any command of `release` on the last release.
release-%: ## Other commands of releases: release-resume, -confirm, -contract, -status, -thaw, -freeze REASON="..."
	@scripts/install rust
	@$(CARGO) --bin release
	@target/release/release $* $(if $(REASON),--reason "$(REASON)") $(RELEASE_FLAGS)

rollback: ## Make the previous version live again, in one move while the release is open
	@scripts/install rust
	@$(CARGO) --bin release
	@target/release/release rollback $(RELEASE_FLAGS)

deny: ## Check licences, sources and bans of crates with cargo-deny, which is compiled first (CHECKS= runs all checks, with advisories)
	@scripts/install rust cargo-deny
	@PATH=$(CURDIR)/.cache/bin:$$PATH cargo deny --locked check $(CHECKS)


run: ## Run MiniTwit alone on http://127.0.0.1:8080 with demo users and a temporary PostgreSQL
	@scripts/install rust postgresql
	@$(CARGO) --bin minitwit
	@scripts/with-postgres scripts/run

# 10,000 connections and other open files, or as many as are allowed; PostgreSQL durable, with the memory that a server of 2 GB gives it.
bench: ## Compare MiniTwit with minimal servers and write docs/BENCHMARKS.md: make bench BENCH_ROUNDS=3
	@scripts/install rust postgresql bench
	@$(CARGO) --bin minitwit --bin bench
	@ulimit -n 20000 2>/dev/null || ulimit -n "$$(ulimit -Hn)"; \
	WITH_POSTGRES_DURABLE=1 WITH_POSTGRES_SETTINGS='-c shared_buffers=512MB' scripts/with-postgres target/release/bench run --write docs/BENCHMARKS.md

build: ## Build all binaries
	@scripts/install rust
	@$(CARGO) $(foreach binary,$(BINARIES),--bin $(binary))

deps: ## Install what any target needs
	@scripts/install rust cloud postgresql terraform provider ansible browser clients monitoring dashboards elastic lint vagrant

test: ## Run every check: lint, unit and integration tests, end to end
	@scripts/test deps+compile lint+test-rules test-unit test-browser+test-clients+test-logs test-e2e+test-release test-faults+test-monitoring

compile: ## Compile all binaries and tests
	@scripts/install rust provider
	@$(CARGO) --bins
	@cargo test --release --locked --workspace --no-run

# Tests that boot hosts or enter namespaces need root; what is built stays the user's.
ifneq ($(shell id -u),0)
test-unit: export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER := sudo --preserve-env env PATH=$(CURDIR)/.cache/bin:$(PATH)
endif
test-unit: ## Run unit and integration tests, with a temporary PostgreSQL
	@scripts/install rust postgresql provider terraform cloud lint
	@scripts/with-postgres cargo test --release --workspace --exclude elk --locked --no-fail-fast $(if $(TESTS),-- $(TESTS),)

test-browser: ## Test MiniTwit's pages in Chromium, in desktop and phone size
	@scripts/install rust postgresql browser
	@$(CARGO) --bin minitwit
	@scripts/with-postgres app/tests/browser/run

test-schemas: ## Test the previous version and this one, each on the previous schema and on the expanded one
	@scripts/install rust postgresql
	@scripts/with-postgres app/tests/schemas/run

test-clients: ## Test localcloud's API with DigitalOcean's official clients
	@scripts/install rust clients
	@$(CARGO) --bin localcloud
	@localcloud/clients/run

test-logs: ## Send log lines through Filebeat into Elasticsearch, while both are killed
	@scripts/install rust elastic
	@cargo test --release --locked --workspace --test logs

test-rules: ## Check alerts, routes and dashboards, without an environment
	@scripts/install monitoring dashboards ansible
	@prometheus/checks/run

test-e2e: build ## Test the whole environment in a local cloud of its own: up, load, faults, down
	@scripts/install cloud terraform ansible
	@scripts/test-e2e

# A fiftieth of a core is enough for 50 requests/s most of the time, so droplet-slow does not always cause a move. The clouds share
# this machine, so outages may be longer by FAULTS_SLACK seconds.
test-faults: build ## Inject each fault once, in local clouds of its own
	@scripts/install cloud terraform ansible
	@rm -rf .cache/test-faults
	@SKIP=droplet-slow NAME_MATRIX=faults MINUTES=$${FAULTS_MINUTES:-13} CLOUDS=$${FAULTS_CLOUDS:-2} scripts/drill-matrix $(CURDIR)/.cache/test-faults --rate 50 --settle 2 --lasts-at-most 8 --slack $${FAULTS_SLACK:-3}

test-monitoring: build ## Test monitoring in a separate local cloud: inject faults, and check which alerts fire
	@scripts/install cloud terraform ansible elastic
	@scripts/test-monitoring

test-release: build ## Test releases in a local cloud of its own: good, bad, rolled back, runner killed
	@scripts/install cloud terraform ansible
	@scripts/test-release

lint: ## Run the linters: rustfmt, clippy, shellcheck, terraform fmt, ansible-lint, yamllint, vagrant validate
	@scripts/install rust terraform provider lint monitoring vagrant
	@scripts/lint

check-vendors: ## Check our files with the vendors' images of Elasticsearch, Kibana, Logstash and Grafana; needs Docker and the network
	@scripts/install rust
	@elk/checks/vendors
