# What a newcomer types. `make run` needs Rust, a C compiler, Node and npm; `make test` fetches what
# it lacks.

TARGET := $(or $(CARGO_TARGET_DIR),target)
WEB := $(shell find web/src web/public web/scripts -type f) \
  $(addprefix web/,index.html vite.config.ts package.json)

.PHONY: run build web test check bench faults

run: build
	$(TARGET)/release/rialto serve --demo

# The whole workspace at once: one set of features, so that nothing is built twice. The binary
# embeds the web app.
build: web
	cargo build --release --locked --workspace --bins

# The web app, as the binary embeds it.
web: web/dist/index.html

web/dist/index.html: web/node_modules/.installed $(WEB)
	npm run --silent --prefix web build
	touch $@

web/node_modules/.installed: web/package-lock.json
	npm ci --prefix web --no-audit --no-fund
	touch $@

# Unit, property and integration tests, a browser and stock clients against the
# binary, faults of disks, a crash loop.
test:
	scripts/test

# Formatting, lints as errors, house rules, licences, advisories. Works offline once built.
check:
	scripts/check

# Peers side by side: a table, and JSON under target/bench.
bench:
	bench/run

# Plants faults one by one in a copy and sees that the named tests turn red.
faults:
	scripts/faults
