# Every target sets up what it needs on a fresh Debian machine. First builds take minutes.
SWIFT ?= swift
SHELL := /bin/bash
STAMP := Sources/CBuildStamp/stamp.h
RELEASE := .build-release
# The same for each product: another flag is another build of everything.
BUILD_RELEASE = $(SWIFT) build -c release --scratch-path $(RELEASE) --static-swift-stdlib -Xlinker -s \
  -Xlinker --no-export-dynamic -Xlinker --icf=safe
PREFIX ?= /usr/local
PROGRAM ?= $(RELEASE)/release/telegen-sonic

.DEFAULT_GOAL := build
.PHONY: build release test test-unit test-yang test-cli test-package test-image test-faults test-erspan test-kernels soak sanitize demo \
  bench fmt lint bpf proto docs stamp setup venv receivers docker install uninstall clean help

help: ## Show these targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: ## Install the Debian packages that are missing.
	@scripts/setup packages

venv: ## Make .venv with the real collector for tests and the demonstration.
	@scripts/setup venv

receivers: ## Download VictoriaMetrics and Prometheus into .build-tools, for tests that skip without them.
	@scripts/setup receivers

# The name follows the tag: v1.2.3 is release/mark-v1-2-3, anything else dev.
stamp:
	@scripts/stamp $(STAMP)

build: setup stamp ## Build for debugging (what test and demo use).
	@scripts/progress "building (the first time takes 6 to 10 minutes)" $(SWIFT) build

release: setup stamp ## Build for use: .build-release/release/telegen-sonic.
	@scripts/progress "building for release (the first time takes 10 to 20 minutes)" \
	  $(BUILD_RELEASE) --product telegen-sonic

test: setup venv stamp ## Run all tests; those that need root or a kernel feature skip with a message.
	@scripts/progress "building the tests (the first time takes 6 to 10 minutes)" $(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --skip IntegrationTests
	SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=6 $(SWIFT) test --skip-build --filter IntegrationTests

test-unit: stamp ## Run the tests that need neither root nor Redis.
	$(SWIFT) test --skip IntegrationTests

test-yang: ## Run the tests of the YANG models, in yanglint 2.1 and libyang 3, and of docs/configuration.md.
	@scripts/setup yang
	@python3 -B -m unittest discover -s Tests/yang

test-cli: ## Run the tests of SONiC's commands, with click of now and of 202505; the session needs root and `make build`.
	@scripts/setup cli
	@for venv in .venv-sonic .venv-sonic-202505; do \
	  $$venv/bin/python3 -B -m pytest -q -rs -p no:cacheprovider Tests/sonic || exit; \
	done

test-docs: ## Check the documents (links, blocks of code, names), what explains each reason, and the files of the public CI.
	@scripts/setup docs
	@.venv-docs/bin/python3 -B -m unittest discover -s Tests/docs

test-faults: setup venv stamp ## Run every fault at full length: a hundred kills, a million cases of bad input, ten minutes without a collector.
	@scripts/progress "building the tests (the first time takes 6 to 10 minutes)" $(SWIFT) build --build-tests
	TELEGEN_FUZZ_CASES=1000000 $(SWIFT) test --skip-build --filter 'FuzzTests|RandomRowTests|SmallWorldTests' \
	  --skip IntegrationTests
	TELEGEN_FUZZ_CASES=1000000 TELEGEN_API_EXAMPLES=700 $(SWIFT) test --skip-build --filter 'RequestFuzzTests|HTTPTests'
	TELEGEN_FAULT_ROUNDS=100 TELEGEN_OUTAGE_SECONDS=600 SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=6 \
	  $(SWIFT) test --skip-build --filter 'IntegrationTests.*Faults'

soak: release ## Churn jobs and ports under faults and known traffic for SOAK_SECONDS (3600), and print what it costs.
	@scripts/progress "building the generator" $(BUILD_RELEASE) --product telegen-traffic
	@python3 scripts/soak.py

sanitize: setup stamp ## Run the tests of Domain, SonicDB and Dataplane under ThreadSanitizer and AddressSanitizer.
	@for kind in thread address; do \
	  scripts/progress "building for the $$kind sanitizer (the first time takes some minutes)" \
	    env TELEGEN_SANITIZE=1 ASAN_OPTIONS=detect_leaks=0 $(SWIFT) build --build-tests --sanitize=$$kind --scratch-path .build-$$kind && \
	  TELEGEN_SANITIZE=1 ASAN_OPTIONS=detect_leaks=0 \
	    $(SWIFT) test --skip-build --sanitize=$$kind --scratch-path .build-$$kind || exit; \
	done

test-kernels: setup venv stamp ## Run the tests of the datapath on the kernels of SONiC, in a VM (KERNELS="5.10 6.1 6.12").
	@scripts/progress "building the tests (the first time takes 6 to 10 minutes)" $(SWIFT) build --build-tests
	@scripts/kernels matrix $(KERNELS)

test-erspan: setup venv stamp ## Run the tests of ERSPAN on the kernels of SONiC, in a VM (KERNELS="5.10 6.1 6.12").
	@scripts/progress "building the tests (the first time takes 6 to 10 minutes)" $(SWIFT) build --build-tests
	@for kernel in $(or $(KERNELS),5.10 6.1 6.12); do scripts/kernels run $$kernel TunnelTests SinkTests || exit; done

demo: setup venv build ## One row in CONFIG_DB becomes telemetry, on this machine, for DEMO_SECONDS (20).
	@python3 scripts/demo.py

bench: release venv ## Print the project's numbers: the packet path's, and the agent's with one job and with 512.
	@scripts/progress "building the benchmark" $(BUILD_RELEASE) --product telegen-bench
	@python3 scripts/bench.py

bpf: ## Compile the BPF programs alone and show their size.
	@scripts/bpf

fmt: ## Format the Swift sources.
	$(SWIFT) format -i -r Sources Tests Plugins bpf Package.swift

lint: ## Check the format; no warnings are allowed.
	$(SWIFT) format lint --strict -r Sources Tests Plugins bpf Package.swift

proto: ## Make the protobuf messages anew from proto/.
	@scripts/generate-proto.sh

docs: ## Make docs/configuration.md anew from the YANG model.
	@scripts/configuration-doc

docker: stamp ## Build the images (docker buildx, else buildah): PLATFORMS="linux/amd64,linux/arm64", TAG, IMAGE, PUSH=1.
	@scripts/image build

test-image: ## Run the images with podman around PROGRAM (make release): counts, rights, size, memory, compose; as root.
	@scripts/setup image
	@PATH="$$PWD/.venv/bin:$$PATH" scripts/image test $(PROGRAM)

test-package: ## Check the SONiC package, the unit and the compose file.
	@scripts/setup image
	@.venv/bin/python3 -m pytest -q -p no:cacheprovider Tests/package

install: ## Copy PROGRAM and its systemd unit below PREFIX (/usr/local), within DESTDIR.
	@[ -x $(PROGRAM) ] || { echo "no $(PROGRAM): make release" >&2; exit 1; }
	install -D -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/telegen-sonic
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|/usr/local/|$(PREFIX)/|' deploy/systemd/telegen-sonic.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/telegen-sonic.service

uninstall: ## Remove what `make install` copied.
	rm -f $(DESTDIR)$(PREFIX)/bin/telegen-sonic $(DESTDIR)$(PREFIX)/lib/systemd/system/telegen-sonic.service

clean: ## Remove what was built.
	rm -rf .build .build-* .venv .venv-* $(STAMP)
