# make help lists what there is.

GO      ?= go
# How long each fuzzer runs in make fuzz; make check takes less.
FUZZTIME ?= 30s
FUZZJOBS ?= 2
# How long the chaos lasts in make chaos; make check takes a minute.
CHAOS ?= 5m
# How many lives the soak has.
LIVES ?= 2000
# How often the power fails in make power-cuts.
CUTS ?= 10
# The first of the worlds of make simulate, and how many there are; a seed that fails is told.
SEED ?= 1
SEEDS ?= 2000

.DEFAULT_GOAL := help
.PHONY: help setup demo build quick flag test lint golden fuzz bench chaos soak simulate test-cgroup2 test-today power-cuts test-podman check

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

# These tests start the real clients thousands of times, build large programs, or read texts of many megabytes. The race detector sees
# a sample of them (-short) or none, and they run whole without it, which takes a fifth of the time.
LONG := MeanTheSame|TestPastedLines|TestGoLiteralsCompile|TestCrash$$|TestLimits$$|TestGrowth$$

# Tests that need an engine fail without one here; go test ./... by hand skips them and says so.
test: setup ## run all tests with the race detector, on a real engine
	DOCKERCMD_REQUIRE_ENGINE=1 $(GO) test -race -short -timeout 30m ./...
	DOCKERCMD_REQUIRE_ENGINE=1 $(GO) test -timeout 30m -run '$(LONG)' ./dockercmd ./dockercmd/shellline ./cmd/dockercmd ./worker
	DOCKERCMD_ENGINE=sid DOCKERCMD_TEST_LANE=1 DOCKERCMD_REQUIRE_ENGINE=1 $(GO) test -short -timeout 30m -run Engine ./worker ./client
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
	cd internal/sdkbench && $(GO) test -run '^$$' -bench . -benchtime 30x ./...

chaos: ## kill a supervisor of sixty workers again and again, and stop and freeze its engine, for CHAOS (5m); prints a tally
	@internal/rig/setup
	DOCKERCMD_REQUIRE_ENGINE=1 DOCKERCMD_CHAOS=$(CHAOS) $(GO) test -timeout 30m -count=1 -v -run 'TestChaos$$' ./worker

soak: ## run LIVES (2000) short lives under three supervisors that fall and halt, on one engine that does; prints a tally
	@internal/rig/setup
	DOCKERCMD_REQUIRE_ENGINE=1 DOCKERCMD_SOAK=$(LIVES) $(GO) test -timeout 90m -count=1 -v -run 'TestSoak$$' ./worker

simulate: ## put supervisors, engines and strangers through SEEDS (2000) random worlds in virtual time, from SEED (1) on
	@dir=$$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d) && trap "rm -rf $$dir" EXIT && \
		TMPDIR=$$dir DOCKERCMD_LIVES="$(SEEDS) $(SEED) 24" $(GO) test -timeout 12h -count=1 -v -run 'TestLives$$' ./worker

test-cgroup2: ## run the live tests on a cgroup v2 kernel with an engine, in a virtual machine, but for those that start engines
	@internal/rig/setup cgroup2
	@internal/rig/cgroup2 ./cgroupread:Live ./worker:Engine

test-today: ## run what must hold on a host of today in a virtual machine: systemd, cgroup v2, sid's engine and client
	@internal/rig/setup machine
	@DOCKERCMD_MACHINE_TIMEOUT=3600 internal/rig/machine tests ./cgroupread:Live './runner/runnertest:TestContract$$/28.5/engine' ./worker:Engine './worker:TestChaos$$'

power-cuts: ## cut that machine's power CUTS (10) times under a supervisor, at random moments; prints a tally
	@internal/rig/setup machine
	@internal/rig/machine cuts $(CUTS)

test-podman: ## play the contract of runnertest on podman 5.8 and 5.4 and hold it to what is recorded (root)
	@internal/rig/setup podman
	DOCKERCMD_REQUIRE_ENGINE=1 $(GO) test -count=1 -timeout 30m -run '^TestPodmanContract$$' ./runner/runnertest

check: lint test ## all that must hold before a commit lands
	@internal/rig/fuzz 1s
	@$(MAKE) --no-print-directory simulate SEEDS=2000
	@$(MAKE) --no-print-directory chaos CHAOS=1m
	@$(MAKE) --no-print-directory demo
	@DOCKER_HOST=unix:///nonexistent $(MAKE) --no-print-directory demo
	@$(MAKE) --no-print-directory test-cgroup2
