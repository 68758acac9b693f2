# Start with `./just`, which installs `just` and what the hosts need. `./just --list` shows the recipes.

set positional-arguments

toll := "cargo run --quiet --release -p tollbridge-harness --"

# Show the recipes.
default:
    @"{{just_executable()}}" --list

# Install what the hosts need (Debian packages as root or in CI; else it prints the one command).
setup:
    scripts/setup

# Build every bridge, or some: `just build python`.
build *BRIDGES:
    scripts/setup "$@"
    {{toll}} build "$@"

# Everything: every bridge, every test, every linter.
test-all:
    scripts/test-all

# One host: its bridges' tests, then the vectors on them.
test HOST: (build HOST)
    {{toll}} test "$1"
    {{toll}} check "$1"

# All of .NET, with the SDK on PATH if it is 8 or later: xunit, BenchmarkDotNet, package and NativeAOT too, where there is NuGet.
test-dotnet: (build "dotnet")
    scripts/test-dotnet

# The conformance vectors on every bridge, or some, after building all (`just toll check NAMES` builds none).
check *ARGS: build
    {{toll}} check "$@"

# The vectors on other machines and C libraries: cross-compiled, by an emulator.
test-platforms *ARGS:
    scripts/setup-platforms
    {{toll}} platforms "$@"

# A host's tests, or everything, on another Debian release, in a fresh root of it: `just test-in 13 python`.
test-in RELEASE *HOST:
    scripts/test-in "$@"

# Build, measure for ten minutes at most, and write the report; of a host that is named, everything.
bench *ARGS: build
    {{toll}} bench "$@"

# Whole jobs on the core against HdrHistogram's own ports in each language: a minute or two.
peers *ARGS: build
    scripts/setup-peers
    {{toll}} peers "$@"

# What each strategy takes beside its calls: lines, dependencies, size, load and build time.
strategies *ARGS: build
    {{toll}} strategies "$@"

# The same, for hours, with a process for each bridge and shape.
bench-full *ARGS: build
    {{toll}} bench --full "$@"

# Write the report of the last measurement again.
report *ARGS:
    {{toll}} report "$@"

# What each crossing allocates, and its instructions, against bench/results/counts.json and the bridges' claims.
count *ARGS: build
    {{toll}} count "$@"

# What each bridge passes and what it cannot keep.
matrix *ARGS:
    {{toll}} matrix "$@"

# The `toll` command itself: `just toll say c/cabi 'new h 1 1000 3' 'len h'`.
toll *ARGS:
    @{{toll}} "$@"

# Which hosts can run here, and what to install for the others.
doctor *ARGS:
    @{{toll}} doctor "$@"

# Format everything.
fmt:
    cargo fmt --all
    scripts/check-style --fix
    {{toll}} lint --fix

# Every linter, warnings denied.
lint:
    cargo fmt --all --check
    cargo clippy --quiet --workspace --all-targets -- --deny warnings
    scripts/check-style
    {{toll}} lint

# Fuzz one target for some minutes, on nightly: `just fuzz c_abi 30`. fuzz/README.md tells of them.
fuzz TARGET MINUTES:
    scripts/setup-nightly
    scripts/fuzz "$1" $(($2 * 60))

# The core and the C layer under Miri, on nightly.
miri:
    scripts/setup-nightly
    scripts/miri

# All vectors on the Python bridges under Valgrind. `just test c` has those of C.
valgrind: (build "python")
    .tools/venv/bin/python bindings/python/tests/valgrind.py python/pyo3
    .tools/venv/bin/python bindings/python/tests/valgrind.py python/ctypes

# Install the C library: `just install-c /usr/local`, or any folder.
install-c PREFIX:
    cd "{{invocation_directory()}}" && "{{justfile_directory()}}/scripts/install-c" "$1"

# Build the Python wheel into target/wheels.
wheel: (build "python/pyo3")
    @ls target/wheels/*.whl

# Pack the gem into target/gems: built for this Ruby, and as source.
gem: (build "ruby/magnus")
    rm -rf target/gems && mkdir -p target/gems
    ruby bindings/ruby/magnus/package.rb platform target/gems
    ruby bindings/ruby/magnus/package.rb source target/gems
    @ls target/gems/*.gem

# Pack the NuGet package into target/nupkg.
nupkg: (build "dotnet/pinvoke")
    bindings/dotnet/pinvoke/pack target/nupkg
    @ls target/nupkg/*.nupkg

# Write again what is generated and committed: headers, matrix, figures in the docs.
generate: build
    {{toll}} errors --write
    TB_BLESS=1 cargo test --quiet -p tollbridge-c-cabi -p tollbridge-c-safer-ffi -p tollbridge-c-ffi-support --test header
    {{toll}} check
    scripts/setup-platforms
    {{toll}} platforms --write
    {{toll}} matrix --write
    {{toll}} hazards --write
    {{toll}} count --write
    {{toll}} report --docs

# Build the guide into target/book.
book:
    scripts/setup-book
    .tools/bin/mdbook build docs
    scripts/check-book --built

# Remove what was built and installed into this checkout.
clean:
    rm -rf target .tools bindings/*/build bindings/*/*/build
