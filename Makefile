# What a newcomer types. `make run` needs Rust and a C compiler; `make test` fetches what it lacks.

TARGET := $(or $(CARGO_TARGET_DIR),target)

.PHONY: run build test check bench faults

run: build
	$(TARGET)/release/rialto serve --demo

# The whole workspace at once: one set of features, so that nothing is built twice.
build:
	cargo build --release --locked --workspace --bins

# Unit, property and integration tests, stock clients against the binary, faults of disks, a crash loop.
test:
	scripts/test

# Formatting, lints as errors, house rules, licences. Works offline once built.
check:
	scripts/check

# Peers side by side: a table, and JSON under target/bench.
bench:
	bench/run

# Plants faults one by one in a copy and sees that the named tests turn red.
faults:
	scripts/faults
