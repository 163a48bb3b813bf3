# make help lists what there is.

GO      ?= go
# How long each fuzzer runs in make fuzz; make check takes less.
FUZZTIME ?= 30s
FUZZJOBS ?= 2
# How long the chaos lasts in make chaos; make check takes a minute.
CHAOS ?= 5m

.DEFAULT_GOAL := help
.PHONY: help setup demo build quick flag test lint golden fuzz bench chaos test-cgroup2 test-podman check

help: ## show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install and start what the tests need, or explain it (Debian, root)
	@internal/rig/setup

demo: ## show the whole life of three workers, on docker if it answers
	@mkdir -p bin
	@CGO_ENABLED=0 $(GO) build -o bin/dockercmd ./cmd/dockercmd
	@bin/dockercmd demo

build: ## build bin/dockercmd, a static program
	CGO_ENABLED=0 $(GO) build -o bin/dockercmd ./cmd/dockercmd

quick: ## run the tests that need neither an engine nor a docker client, in a minute, and say what was left out
	@DOCKERCMD_QUICK=1 $(GO) test -short -json ./... | $(GO) run ./internal/testreport

flag: ## after adding a flag, a command or a docker version: regenerate what is generated, say what is left to do, in order
	@internal/rig/flag

# These tests start the real clients thousands of times, or build large programs. The race detector sees a sample of them (-short),
# and they run whole without it, which takes a fifth of the time.
LONG := MeanTheSame|TestPastedLines|TestGoLiteralsCompile|TestCrash$$

# Tests that need an engine fail without one here; go test ./... by hand skips them and says so.
test: setup ## run all tests with the race detector, on a real engine
	DOCKERCMD_REQUIRE_ENGINE=1 $(GO) test -race -short -timeout 30m ./...
	DOCKERCMD_REQUIRE_ENGINE=1 $(GO) test -timeout 30m -run '$(LONG)' ./dockercmd ./cmd/dockercmd ./worker
	cd prometheus && $(GO) test -race ./...

lint: ## check format, vet and the module file
	@test -z "$$(gofmt -l .)" || { echo "not gofmt-ed:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) mod tidy -diff
	cd prometheus && $(GO) vet ./... && $(GO) mod tidy -diff

golden: ## rewrite the golden files; read the diff before you commit it
	GOLDEN=update $(GO) test ./...

fuzz: ## run every fuzzer for FUZZTIME (30s), FUZZJOBS (2) side by side
	@internal/rig/fuzz $(FUZZTIME) $(FUZZJOBS)

bench: ## run the benchmarks; look at ratios within one run
	$(GO) test -run '^$$' -bench . -benchmem ./...

chaos: ## kill a supervisor of sixty workers again and again, and stop and freeze its engine, for CHAOS (5m); prints a tally
	@internal/rig/setup
	DOCKERCMD_REQUIRE_ENGINE=1 DOCKERCMD_CHAOS=$(CHAOS) $(GO) test -timeout 30m -count=1 -v -run 'TestChaos$$' ./worker

test-cgroup2: ## run the live tests on a cgroup v2 kernel with an engine, in a virtual machine
	@internal/rig/setup cgroup2
	@internal/rig/cgroup2 ./cgroupread:Live ./worker:Engine

test-podman: ## play the contract of runnertest on podman and print where it differs from docker (root)
	@internal/rig/setup podman
	CONTAINERS_CONF=$(CURDIR)/internal/rig/containers.conf DOCKERCMD_REQUIRE_PODMAN=1 \
		$(GO) test -count=1 -v -run '^TestPodmanDiffers$$' ./runner/runnertest

check: lint test ## all that must hold before a commit lands
	@internal/rig/fuzz 1s
	@$(MAKE) --no-print-directory chaos CHAOS=1m
	@$(MAKE) --no-print-directory demo
	@DOCKER_HOST=unix:///nonexistent $(MAKE) --no-print-directory demo
	@$(MAKE) --no-print-directory test-cgroup2
