# forkproof: conformance tests for forking TCP servers. "make help" lists the targets.
GO       ?= go
LINT      = $(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GINKGO    = $(GO) run github.com/onsi/ginkgo/v2/ginkgo
RUNS     ?= 5
# PROTOCOL limits flake to servers of some protocols.
PROTOCOL ?=
WITHIN   ?= 0s
TESTFLAGS ?=
# matrix, tiers and real write the verdicts of each server to this folder.
VERDICTS ?= $(CURDIR)/bin/verdicts

# ONLY limits matrix to one requirement or chapter: ONLY=termination/idle-is-idle.
ONLY ?=

.PHONY: check build test quick lint bench flake real tiers students pairs browser class matrix defects golden help
.DEFAULT_GOAL := help

check: build ## build everything and judge the reference server
	bin/forkproof check

build: ## build bin/forkproof
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/forkproof ./cmd/forkproof

# With the race detector each program sleeps for a second before it exits, unless
# GORACE says otherwise, and every init of the tests is such a program.
test: build ## run all tests
	$(GO) vet ./...
	GORACE=atexit_sleep_ms=0 $(GO) test -race -timeout 20m $(TESTFLAGS) ./...

# Left out: the matrix, the hostile corpus, scripts that judge by the whole
# catalogue, and cold compiles. See testing.Short in the tests.
quick: ## run the tests that take little time, under 90 s in all
	$(GO) vet ./...
	GORACE=atexit_sleep_ms=0 $(GO) test -race -short -timeout 5m $(TESTFLAGS) ./...

lint: ## run the linters
	$(LINT) run ./...

bench: build ## measure, side by side in one run, and print a table
	CGO_ENABLED=0 $(GO) run ./internal/bench

flake: build ## judge every built-in server RUNS times, half of them under load: no verdict may differ (WITHIN limits the time, PROTOCOL=http,line the servers)
	$(GO) test -count 1 -timeout 24h -run TestFlake -v ./suite/selftest -runs $(RUNS) -within $(WITHIN) $(if $(PROTOCOL),-speaking $(PROTOCOL))

real: build ## judge every installed server that is not ours, and those that courses build; test judges some of them
	FORKPROOF_TEST_REAL=1 $(GO) test -count 1 -timeout 1h -run "TestRealServers|TestCourseServers" -v ./suite/selftest -verdicts $(VERDICTS)/real.txt

tiers: build ## judge every built-in and hostile server as root and as a user, with and without the sandbox
	FORKPROOF_TEST_TIERS=1 $(GO) test -count 1 -timeout 2h -run 'TestTiers|TestNoVerdictDependsOnHistory|TestTraced' -v ./suite/selftest -verdicts $(VERDICTS)/tiers.txt
	FORKPROOF_TEST_TIERS=1 $(GO) test -count 1 -timeout 1h -run TestHostile ./suite/hostiletest

students: build ## judge servers as students write them: the report names the mistake first
	FORKPROOF_TEST_STUDENTS=1 $(GO) test -count 1 -timeout 1h -run TestStudents -v ./suite/selftest

pairs: build ## judge 100 servers with two defects each: both have to be among the first causes
	FORKPROOF_TEST_PAIRS=1 $(GO) test -count 1 -timeout 1h -run TestPairs -v ./suite/selftest

browser: build ## open reports in Chromium, and read every format and example by programs that take it (Node.js, xmllint, prove, actionlint)
	npm ci --prefix report/consumers --ignore-scripts --no-audit --no-fund --silent
	FORKPROOF_TEST_CONSUMERS=1 $(GO) test -count 1 -timeout 10m -v ./report/consumers ./examples

class: build ## grade a class of 60 by the whole catalogue, several at once and one after another, and print submissions a minute; in shards, and killed
	FORKPROOF_TEST_CLASS=1 $(GO) test -count 1 -timeout 1h -v ./grade/classtest

matrix: build ## judge every built-in server and print which requirements it fails (ONLY=ID for one requirement)
	$(GO) test -count 1 -timeout 1h -run TestMatrix -v ./suite/selftest -whole \
		-verdicts $(VERDICTS)/matrix$(if $(ONLY),-$(subst /,-,$(ONLY))).txt $(if $(ONLY),-only $(ONLY))

defects: build ## print each faulty server as its difference from the reference
	bin/forkproof list defects

golden: build ## write the golden files; review the difference
	$(GO) test -count 1 -run 'Golden|RequirementsPage|FaultsPage|OutputIsQuoted' ./report ./report/formats ./cmd/forkproof ./suite/hostiletest -update
	$(GO) test -count 1 -timeout 1h -run 'TestMatrix|TestMoments' ./suite/selftest -update

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
