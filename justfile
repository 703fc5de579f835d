# Build the program as it is released
build:
    cargo build --release --locked

# Run all tests
test:
    cargo test --locked

# Check format, lints and documentation
lint:
    cargo fmt --all --check
    cargo clippy --locked --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items

# Compare the speed of whole processes, and of many certificates, each in one run
bench:
    cargo bench --locked --bench compare -- --svg=docs/reports/performance.svg
    cargo bench --locked --bench stages
    cargo bench --locked --bench batch

# Make both packages as `cargo publish` would upload them
package:
    cargo package --workspace --locked --offline --allow-dirty --no-verify

# Build, pack and install what a release has, as far as a machine without the forge can
dist:
    dist/release check
    dist/tools build
    dist/tools package
    dist/build x86_64-unknown-linux-musl
    dist/reproduce x86_64-unknown-linux-musl
    dist/build aarch64-unknown-linux-musl
    dist/package
    dist/test

# Check licenses, advisories and sources of the dependencies
deny:
    cargo deny check

# Feed every parser with spoilt input, for so many seconds each
fuzz seconds="60":
    for target in bytes pem secret name specification manifest token; do \
        mkdir -p "target/fuzz/$target" && RUSTC_BOOTSTRAP=1 cargo fuzz run "$target" --fuzz-dir .fuzz \
            --sanitizer none "target/fuzz/$target" ".fuzz/corpus/$target" \
            -- -max_total_time={{seconds}} -max_len=16384 -rss_limit_mb=1024 || exit 1; \
    done

# Change the security-relevant code one expression at a time, and list the changes that no test notices; takes
# hours, so name a file (`just mutants --re=src/text.rs`) or a part (`just mutants --shard=1/20`)
mutants *flags:
    cargo mutants --workspace --output=target {{flags}}

# Let programs that others wrote judge what we make; installs them first, --require-all wants all of them
interop *flags:
    tests/interop/run {{flags}}
