# Each target calls one script or one cargo command.
.PHONY: run test test-long chaos bench bench-long check prepare assets deps deps-test deps-bench

run: deps assets
	cargo build --release --locked -p preau
	./target/release/preau serve --demo

test: deps-test assets
	cargo run --locked -p tests --bin check

# And what takes long.
test-long: deps-test assets
	cargo run --locked -p tests --bin check -- --long

# Two nodes under faults, half an hour with PostgreSQL alone and half an hour with NATS: a page in tests/chaos.
# `make chaos SECONDS=60` for a look.
chaos: deps-test assets
	cargo build --release --locked -p preau
	cargo build --release --locked -p tests --bin faulty --bin chaos
	cd tests/browser && npm ci
	PREAU_BIN=target/release/preau PREAU_FAULTY=target/release/faulty \
		target/release/chaos --full $(if $(SECONDS),--seconds $(SECONDS))

# One JSON line for each figure, beside those of the peers and the limits; `make bench ONLY="B1 B3"` for some of them.
bench: deps-bench assets
	cargo build --release --locked -p preau
	cd tests/browser && npm ci
	cargo run --release --locked -p load -- $(ONLY)

# The same where it takes long, with 5 and 10 million messages: hours.
bench-long: deps-bench assets
	cargo build --release --locked -p preau
	cd tests/browser && npm ci
	cargo run --release --locked -p load -- --full $(ONLY)

check: assets
	cargo run --locked -p tests --bin check -- --only lints

# By the program as it was last built: with a new query it cannot be built before that query is described.
prepare: assets
	if [ -x target/debug/check ]; then target/debug/check --prepare; else cargo run -p tests --bin check -- --prepare; fi

assets: web/dist/names.txt

# The front end is built again when one of its sources or its lock file changed.
web/dist/names.txt: web/package-lock.json web/build.mjs web/tsconfig.json $(shell find web/src -name '*.ts' -o -name '*.css' -o -name '*.html')
	cd web && npm ci && npm run check && npm run build

deps:
	./deploy/install-deps.sh

deps-test:
	./deploy/install-deps.sh test

deps-bench:
	./deploy/install-deps.sh bench
