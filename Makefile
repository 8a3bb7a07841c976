# Two commands do it all: `make up` and `make test`. `make help` lists the rest.
# CLOUD=localcloud|digitalocean, NAME=dev tell environments apart.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: localcloud-endurance localcloud-cycles help up down status live-url watch watch-cost watch-throughput quiet restore-rehearsal plan drill drill-matrix drill-soak simulate artifact reproduce release release-resume release-confirm release-contract release-status release-freeze release-thaw rollback release-program release-trials pack unpack publish environment plan-comment deny audit run bench build deps test test-unit test-browser test-schemas test-clients test-logs test-rules test-e2e test-faults test-watching test-release lint check-vagrant check-vendors

export CLOUD ?= localcloud
export NAME ?= dev
export PATH := $(HOME)/.cargo/bin:$(PATH)

# off leaves out Elasticsearch, Filebeat and Kibana
export LOGS ?= on
# The whole workspace is selected everywhere and binaries are chosen by name, so that dependencies have the same features, and are
# compiled once.
CARGO := cargo build --release --locked --workspace
BINARIES := minitwit healthcheck floatip localcloud drill release lookout elk
FAULT ?= app-stop
RUNS ?= 1

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: build ## Stand up the environment and print the live address (CLOUD=digitalocean for a real account)
	@scripts/install cloud terraform ansible $(if $(filter localcloud-on,$(CLOUD)-$(LOGS)),elastic)
	@scripts/up

down: ## Take the environment down
	@scripts/down

status: ## Show what each droplet is doing
	@scripts/status

live-url: ## Print the live address, for scripts: make -s live-url
	@. scripts/environment; [ -s "$$here/outputs.json" ] || die 'There is no environment here: run `make up` first.'; echo "http://$$(output live_ip)"

watch: build ## Show graphs and alerts in the terminal, from the monitor droplet
	@scripts/watch

watch-cost: ## Measure what being watched takes of the live droplet
	@scripts/watch-cost

watch-throughput: ## Measure what Filebeat takes of MiniTwit's throughput, in a localcloud: make watch-throughput ROUNDS=10
	@scripts/install bench
	@scripts/watch-throughput

quiet: build ## Light traffic, in which nothing may alert: make quiet MINUTES=60
	@MINUTES=$(or $(MINUTES),60) scripts/quiet

restore-rehearsal: ## Restore the newest backup beside the live database, count its rows, drop it (KEEP=1, DUMP=NAME)
	@scripts/restore-rehearsal

plan: ## Show what Terraform would change; exit code 2 if anything
	@scripts/plan

drill: build ## Inject a fault and report what clients saw: make drill FAULT=power-off RUNS=5
	@scripts/drill failover --fault $(FAULT) --runs $(RUNS)

drill-matrix: build ## Inject every fault in localclouds of its own and write docs/FAILOVER.md: make drill-matrix RUNS=50 CLOUDS=3
	@scripts/install cloud terraform ansible
	@FAULTS=$(FAULTS) CLOUDS=$(CLOUDS) scripts/drill-matrix $(CURDIR)/.cache/drill-matrix --runs $(RUNS)
	@target/release/drill page --write docs .cache/drill-matrix/*.json

drill-soak: build ## Inject random faults all the time: make drill-soak MINUTES=60 SEED=1
	@scripts/drill soak --minutes $(or $(MINUTES),60) --seed $(or $(SEED),1)

simulate: build ## Send a simulator run through the live IP: make simulate SCENARIO=FILE, or one made up
	@scripts/drill simulate $(if $(SCENARIO),--scenario $(SCENARIO),--seed $${SEED:-1}) --fast

artifact: release-program ## Build the artifact of a version from what is committed: make artifact VERSION=v1.2.3
	@scripts/artifact $(VERSION)

reproduce: release-program ## Build a version's artifact once more elsewhere, and compare the bytes: make reproduce VERSION=v1.2.3
	@scripts/reproduce $(VERSION)

release-program:
	@scripts/install rust
	@$(CARGO) --bin release

release: artifact ## Release a version, verified before anyone sees it: make release VERSION=v1.2.3 (TRIAL=1, RELEASE_HOLD=1)
	@scripts/release run $(VERSION) $(RELEASE_FLAGS)

release-resume: release-program ## Go on with a release whose runner is gone
	@scripts/release resume $(RELEASE_FLAGS)

release-confirm: release-program ## Confirm a release that was held open
	@scripts/release confirm $(RELEASE_FLAGS)

release-contract: release-program ## Apply the live version's contract migrations
	@scripts/release contract

release-status: release-program ## Show the last releases
	@scripts/release status

release-freeze: release-program ## Refuse releases from now on: make release-freeze REASON="…"
	@scripts/release freeze --reason "$${REASON:?say why, in REASON}"

release-thaw: release-program ## Allow releases again
	@scripts/release thaw

rollback: release-program ## Make the previous version live again, in one move while the release is open
	@scripts/release rollback $(RELEASE_FLAGS)

release-trials: build ## Try good and bad releases, and write docs/RELEASES.md: make release-trials RUNS=20
	@scripts/release-trials full --runs $(RUNS) --write docs/RELEASES.md

pack unpack publish:
	@scripts/pipeline $@ $(VERSION)

environment plan-comment:
	@scripts/pipeline $@

deny: ## Licences, sources and bans of what is linked, by cargo-deny, which is compiled first
	@scripts/install rust cargo-deny
	@PATH=$(CURDIR)/.cache/bin:$$PATH cargo deny --locked check bans licenses sources

audit: ## Known weaknesses and licences of what is linked, by cargo-deny and its database
	@scripts/install rust cargo-deny
	@PATH=$(CURDIR)/.cache/bin:$$PATH cargo deny --locked check

localcloud-endurance: build ## Kill localcloud's daemon during 20 applies: each repeat converges and droplets run on
	@scripts/endurance kills

localcloud-cycles: build ## Make and destroy a droplet and a database 50 times: nothing is left of them
	@scripts/endurance cycles

run: ## Run MiniTwit alone on http://127.0.0.1:8080 with demo users and a throwaway PostgreSQL
	@scripts/install rust postgresql
	@$(CARGO) --bin minitwit
	@scripts/with-postgres scripts/run

bench: ## Measure MiniTwit beside its floors and write docs/BENCHMARKS.md: make bench BENCH_ROUNDS=3
	@scripts/install rust postgresql bench
	@scripts/bench --write docs/BENCHMARKS.md

build: ## Build all binaries
	@scripts/install rust
	@$(CARGO) $(foreach binary,$(BINARIES),--bin $(binary))

deps: ## Install everything that any target needs
	@scripts/install rust cloud postgresql terraform provider ansible browser clients watching dashboards elastic lint

test: ## Run every check: lint, unit and integration tests, end to end
	@scripts/test lint check-vagrant test-unit test-browser test-clients test-logs test-rules test-e2e test-faults+test-watching test-release

# Tests that boot hosts or enter namespaces need root; what is built stays the user's.
ifneq ($(shell id -u),0)
test-unit: export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER := sudo --preserve-env env PATH=$(CURDIR)/.cache/bin:$(PATH)
endif
test-unit: ## Unit and integration tests, with a throwaway PostgreSQL
	@scripts/install rust postgresql provider terraform cloud lint
	@scripts/with-postgres cargo test --release --workspace --exclude elk --locked --no-fail-fast $(if $(TESTS),-- $(TESTS),)

test-browser: ## A visitor's story on MiniTwit in Chromium, desktop and phone
	@scripts/install rust postgresql browser
	@$(CARGO) --bin minitwit
	@scripts/with-postgres scripts/test-browser

test-schemas: ## The version before and this one, each on the schema before and on the expanded one
	@scripts/install rust postgresql
	@scripts/with-postgres scripts/test-schemas

test-clients: ## DigitalOcean's official clients against localcloud's API
	@scripts/install rust clients
	@$(CARGO) --bin localcloud
	@scripts/test-clients

test-logs: ## Log lines through Filebeat into Elasticsearch, while both are killed
	@scripts/install rust elastic
	@cargo test --release --locked --workspace --test logs

test-rules: ## Alerts, routes and dashboards, without an environment
	@scripts/install watching dashboards ansible
	@scripts/test-rules

# Logs have suites of their own.
test-e2e test-faults test-release: export LOGS := off

test-e2e: build ## The whole environment in a localcloud of its own: up, load, faults, down
	@scripts/install cloud terraform ansible
	@scripts/test-e2e

test-faults: build ## One run of each fault, in localclouds of its own
	@scripts/install cloud terraform ansible
	@scripts/test-faults

test-watching: build ## Faults that must alert, and a quiet time that must not, in a localcloud of its own
	@scripts/install cloud terraform ansible elastic
	@scripts/test-watching

test-release: build ## Releases in a localcloud of its own: good, bad, rolled back, runner killed
	@scripts/install cloud terraform ansible
	@scripts/test-release

lint: ## Formatting, clippy, shellcheck, terraform fmt, ansible-lint, yamllint
	@scripts/install rust terraform provider lint watching
	@scripts/lint

check-vagrant: ## Validate the Vagrantfile
	@scripts/install vagrant
	@VAGRANT_HOME=$(CURDIR)/.cache/vagrant vagrant validate --ignore-provider

check-vendors: ## Elasticsearch, Kibana, Logstash and Grafana from their vendors' images with our files; needs Docker and the network
	@scripts/install rust
	@scripts/check-vendors
