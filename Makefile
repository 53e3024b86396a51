# Every target can be run on a fresh checkout: it installs the tools that it needs and that are
# missing. `make` alone lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# Where `cargo install` puts what the set-up targets install.
export PATH := $(or $(CARGO_HOME),$(HOME)/.cargo)/bin:$(PATH)

# The crates that also build for the browser.
WASM := --target wasm32-unknown-unknown
BROWSER_CRATES := -p runlog-core -p runlog-sqlite -p runlog-wasm

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Tests. Cargo's default members, without `-p`, so that all of them share one build.

.PHONY: test test-native test-browser test-package test-web
test: test-native test-browser test-package test-web ## Run every test

test-native: setup-native ## Run the tests and the examples in the documentation
	cargo nextest run
	cargo test --doc

test-browser: setup-browser ## Run the tests of wasm/ in Chromium and in Firefox
	scripts/test-browser.sh

test-package: setup-package ## Build the npm package, and run its tests in Chromium and in Firefox
	scripts/package.sh test

test-web: setup-package ## Build the web app, and run its tests in both browsers with a relay and a native device
	scripts/web.sh test --release

.PHONY: fuzz
fuzz: setup-fuzz ## Fuzz every decoder for FUZZ_SECONDS (60) each
	scripts/fuzz.sh

# Each run begins with other seeds, by the clock.
.PHONY: soak
soak: setup-native ## Simulate devices and relays with new seeds for SOAK_SECONDS (600)
	RUNLOG_SIM_SECONDS=$${SOAK_SECONDS:-600} RUNLOG_SIM_FROM=$${SOAK_FROM:-$$(date +%s)000} \
		cargo nextest run -p runlog-sim --run-ignored only --no-capture soak

# Each begins with another seed, by the clock.
.PHONY: campaign
campaign: setup-native ## Kill real devices and relays with new seeds for CAMPAIGN_SECONDS (600)
	CAMPAIGN_SECONDS=$${CAMPAIGN_SECONDS:-600} CAMPAIGN_FROM=$${CAMPAIGN_FROM:-$$(date +%s)} \
		cargo nextest run -p runlog-cli --test campaign --run-ignored only --no-capture many

# Checks

.PHONY: lint audit
lint: setup-lint ## Check format, lints, documentation, licences and sources
	cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy --locked $(WASM) $(BROWSER_CRATES) -- -D warnings
	cargo clippy --locked $(WASM) -p runlog-wasm --tests -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps $(WASM) -p runlog-wasm
	cargo deny --locked check bans licenses sources
	scripts/package.sh lint
	scripts/web.sh lint

# Apart from `lint`, as it fetches the advisory database from the network at every run: a check of
# the same commit would pass today, fail tomorrow, and fail offline.
audit: setup-lint ## Look for dependencies with known vulnerabilities (needs the network)
	cargo deny --locked check advisories

# Programs

.PHONY: demo bench bench-web web
web: setup-package ## Build the web app into web-demo/dist, for `runlog serve --web`
	scripts/web.sh build --release

demo: setup-build setup-package ## Try the program on a store of its own
	scripts/demo.sh

bench: setup-bench ## Compare with plain SQLite and PostgreSQL; only what BENCH names, if given
	cargo build --release -p runlog-cli -p runlog-server -p runlog-bench
	cargo run --release -p runlog-bench -- $(BENCH)

bench-web: setup-package ## Compare the npm package with SQLite in Chromium; only what BENCH names, if given
	scripts/package.sh bench $(BENCH)

# Set-up. Each leaves alone what is there.

.PHONY: setup setup-build setup-bench setup-native setup-browser setup-package setup-lint setup-fuzz
.PHONY: setup-wasm-pack
setup: setup-native setup-browser setup-package setup-lint ## Install all that `test` and `lint` need

setup-build: ## Install what a native build needs: a C compiler; cargo must be there
	scripts/setup.sh build

setup-bench: ## Install what `bench` needs
	scripts/setup.sh build postgresql

setup-native: ## Install what `test-native` needs
	scripts/setup.sh build nextest postgresql

setup-browser: ## Install what `test-browser` needs: browsers, drivers, wasm-bindgen
	scripts/setup.sh wasm-target clang browsers wasm-bindgen geckodriver

setup-package: ## Install what the npm package is built and tested with
	scripts/setup.sh wasm-target rust-src clang wasm-bindgen node browsers geckodriver

setup-lint: ## Install what `lint` and `audit` need
	scripts/setup.sh components wasm-target clang deny wasm-bindgen node

setup-fuzz: ## Install what `fuzz` needs
	scripts/setup.sh fuzz

setup-wasm-pack: setup-browser ## Install wasm-pack, for those who prefer `wasm-pack test`
	scripts/setup.sh wasm-pack
