# make help lists what there is.
export CGO_ENABLED ?= 0
GOFLAGS ?= -trimpath
export GOFLAGS
BIN := bin/pawl
PEERS := bin/bench-peers
MODULE := github.com/pawlhq/pawl
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GOLANGCI_VERSION := v2.15.0
GOVULNCHECK_VERSION := v1.1.4
TOOLS := $(CURDIR)/.tools
ORACLES := internal/expr/moment/testdata/oracle

.PHONY: help run example-orders build satellites test test-go test-java deps tools lint vuln fuzz sim bench bench-peers chaos clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "%-14s %s\n", $$1, $$2}'

run: build ## Run the example workflow
	./$(BIN) run --project examples/daily-etl daily --rerun

example-orders: ## Run the process in Go of examples/orders beside a bank and a carrier that speak Kafka
	PAWL_TEST_REQUIRE=1 go test ./examples/orders -run TestOrdersWithKafka -count=1 -v

build: ## Build bin/pawl, one static binary
	go build -ldflags '-s -w -X $(MODULE)/internal/cli.version=$(VERSION)' -o $(BIN) ./cmd/pawl

satellites: ## Build the plug-ins that are modules of their own into bin/
	@for dir in satellites/*/; do name=pawl-$$(basename $$dir); echo "bin/$$name"; \
		(cd $$dir && go build -ldflags '-s -w -X main.version=$(VERSION)' -o $(CURDIR)/bin/$$name .) || exit 1; done

test: deps ## Install what the tests need, check everything and run all tests
	./.ci/check

test-go: ## Run the Go tests only, with what is installed
	go test ./...

test-java: ## Run Digdag's own client against a server: the jar DIGDAG, or what Maven finds of it
	PAWL_TEST_DIGDAG=$(if $(DIGDAG),$(abspath $(DIGDAG)),maven) go test ./internal/cli -run TestDigdagsClient -count=1 -timeout 30m

deps: ## Install what the tests need (Debian, as root; elsewhere it says what to install)
	./.ci/deps

tools: ## Install the linter and the vulnerability checker into .tools
	@test -x $(TOOLS)/golangci-lint || GOBIN=$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	@test -x $(TOOLS)/govulncheck || GOBIN=$(TOOLS) go install golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK_VERSION)

lint: tools ## Check format, vet and the import rules
	$(TOOLS)/golangci-lint run --allow-parallel-runners

fuzz: ## Fuzz every target for FUZZTIME (default 10s), and check each property with CASES new cases (default 1000)
	./.ci/fuzz $(or $(FUZZTIME),10s)
	./.ci/properties $(or $(CASES),1000)

sim: ## Simulate SEEDS histories (default 2000), and BUILDS builds (default 24000) whose skips must be the truth
	go test ./internal/sim -seeds $(or $(SEEDS),2000)
	RAPID_CHECKS=$$(( $(or $(BUILDS),24000) / 24 )) go test ./internal/compat/ploomber/skips -count=1 -timeout 4h -v

bench: build ## Run the benchmarks beside their peers and limits; ONLY=NAME,NAME runs some
	go run ./bench -pawl ./$(BIN) $(if $(ONLY),-only $(ONLY)) $(if $(wildcard $(PEERS)),-temporal $(PEERS))

bench-peers: ## Build bin/bench-peers, a Temporal server to measure beside (minutes)
	cd bench/peers && go build -o $(CURDIR)/$(PEERS) .

chaos: ## Kill what runs, KILLS (default 200) servers among WORKFLOWS (2000), for FOR (6m) or longer, and OUTAGES (60) programs among MESSAGES (100000) of Kafka; SEED repeats
	go test ./internal/chaos -count=1 -timeout 4h -v -seed $(or $(SEED),0) -kills $(or $(KILLS),200) \
		-workflows $(or $(WORKFLOWS),2000) -for $(or $(FOR),6m) -cuts $(or $(CUTS),2000) \
		-messages $(or $(MESSAGES),100000) -outages $(or $(OUTAGES),60)
	PAWL_CHAOS=1 go test ./internal/cli -run Kill -count=1 -timeout 4h
	PAWL_CHAOS=1 go test ./internal/compat/ploomber -run Kill -count=1 -timeout 1h

clean: ## Remove what was built
	rm -rf bin .tools
