# The front door. Each target says in order what it does; CMake and the scripts do the work.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help deps run build test crash chains bench bench-guard bench-writes bench-peers fuzz sanitize lint install clean
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60
CRASH_ROUNDS ?= 100
CHAIN_SCALE ?= 1000000
# `make lint LINT_ONLY=protocol/json` has clang-tidy look at one folder.
LINT_ONLY ?= (protocol|registry|resolver|tests|bench)/

# The sanitizers of gcc 12 and clang 14 cannot live with the wide address randomisation of newer
# kernels; some containers do not let it be switched off, and then it stays.
fixed_addresses = $(shell setarch --addr-no-randomize true 2>/dev/null \
                    && echo setarch --addr-no-randomize)

help: ## Lists these targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

deps: # Part of the others: a no-op where nothing is missing.
	@scripts/install-dependencies

run: deps ## Builds the server, loads the three sample industries on the first run, and serves them.
	cmake --preset release
	cmake --build --preset release --target idnode
	scripts/run-sample

build: deps ## Builds everything for release into build/release.
	cmake --preset release
	cmake --build --preset release

test: build ## Builds everything and runs all tests.
	ctest --preset release

crash: build ## Kills the node CRASH_ROUNDS (100) times under load; nothing acknowledged may be lost.
	IDNODE_CRASH_ROUNDS=$(CRASH_ROUNDS) build/release/bin/end_to_end_tests --gtest_brief=1 \
	    --gtest_filter='*UnderLoad*'

chains: build ## Compares traces and recalls of CHAIN_SCALE (1000000) edges with their makers' answers.
	IDNODE_CHAIN_SCALE=$(CHAIN_SCALE) build/release/bin/end_to_end_tests --gtest_brief=1 \
	    --gtest_filter='*Chains*'

bench: build ## Builds everything and measures speed against the limits of this machine.
	scripts/bench

bench-guard: build ## Fails when lookups have become clearly slower; the short form of bench.
	scripts/bench guard

bench-writes: build ## Measures durable creates beside LMDB alone and a bare log on the same disk.
	scripts/bench-writes

bench-peers: ## Installs the servers that bench compares with: Knot DNS, NSD, PowerDNS, Redis, nginx.
	@scripts/install-dependencies peers

fuzz: ## Runs each fuzzer for FUZZ_SECONDS (60) and fails on a finding.
	@scripts/install-dependencies fuzz
	cmake --preset fuzz
	$(fixed_addresses) cmake --build --preset fuzz
	FUZZ_SECONDS=$(FUZZ_SECONDS) $(fixed_addresses) scripts/fuzz

sanitize: deps ## Runs all tests under ASan and UBSan, and those of the server under TSan.
	cmake --preset asan
	$(fixed_addresses) cmake --build --preset asan
	$(fixed_addresses) ctest --preset asan
	cmake --preset tsan
	$(fixed_addresses) cmake --build --preset tsan --target end_to_end_tests
	$(fixed_addresses) ctest --preset tsan

lint: ## Checks the layout of all sources, then has clang-tidy read them (LINT_ONLY=folder for less).
	@scripts/install-dependencies lint
	git ls-files -z '*.hpp' '*.cpp' | xargs -0 -r clang-format --dry-run --Werror
	cmake --preset release
	run-clang-tidy -quiet -p build/release -extra-arg=-Wno-unknown-warning-option '^$(CURDIR)/$(LINT_ONLY)'

install: ## Installs what `make build` built below PREFIX (/usr/local); DESTDIR is heeded.
	@test -x build/release/bin/idnode || { echo "install: nothing is built yet: make build" >&2; exit 1; }
	cmake --install build/release --prefix '$(PREFIX)'

clean: ## Removes build/; the data in run/ and the measurements in bench/results/ stay.
	rm -rf build
