# Start with `./just`, which installs `just` and what the hosts need. `./just --list` shows the recipes.

set positional-arguments

toll := "scripts/toll"

# Show the recipes.
default:
    @"{{just_executable()}}" --list

# Install what the hosts need (Debian packages as root or in CI; else it prints the one command).
setup:
    scripts/setup

# Build every bridge, or some: `just build python`.
build *ARGS:
    {{toll}} build --prepare "$@"

# Everything: every bridge, every test, every linter.
test-all:
    scripts/test-all

# One host: its bridges' tests, then the vectors on them.
test HOST:
    {{toll}} test --prepare "$1"
    {{toll}} check "$1"

# What takes minutes and is no part of `test`, of every host or some: `just test-deep python`.
test-deep *ARGS:
    {{toll}} test --prepare --deep "$@"

# The conformance vectors on every bridge, or some, after building those: `just check python/ctypes`.
check *ARGS:
    {{toll}} check --prepare "$@"

# The vectors on other machines and C libraries: cross-compiled, by an emulator.
test-platforms *ARGS:
    {{toll}} platforms --prepare "$@"

# A host's tests, or everything, on another Debian release, in a fresh root of it: `just test-in 13 python`.
test-in RELEASE *HOST:
    scripts/test-in "$@"

# Build, measure for ten minutes at most, and write the report; of a host that is named, everything.
bench *ARGS:
    {{toll}} bench --prepare "$@"

# Whole jobs on the core against HdrHistogram's own ports in each language: a minute or two.
peers *ARGS:
    {{toll}} peers --prepare "$@"

# What each strategy takes beside its calls: lines, dependencies, size, load and build time.
strategies *ARGS:
    {{toll}} strategies --prepare "$@"

# The same as `bench`, for hours, with a process for each bridge and shape.
bench-full *ARGS:
    {{toll}} bench --prepare --full "$@"

# Write the report of the last measurement again.
report *ARGS:
    {{toll}} report "$@"

# What each crossing allocates, and its instructions, against bench/results/counts.json and the bridges' claims.
count *ARGS:
    {{toll}} count --prepare "$@"

# What goes wrong at a boundary, tried on every bridge, or on some.
hazards *ARGS:
    {{toll}} hazards --prepare "$@"

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
    scripts/check-probes
    {{toll}} lint

# Fuzz one target for some minutes, on nightly: `just fuzz c_abi 30`. fuzz/README.md tells of them.
fuzz TARGET MINUTES:
    scripts/setup-nightly
    scripts/fuzz "$1" $(($2 * 60))

# The core and the C layer under Miri, on nightly.
miri:
    scripts/setup-nightly
    scripts/miri

# Make what a bridge ships: `just package python`, or by the package's name; `--to FOLDER` puts it elsewhere.
package *ARGS:
    cd "{{invocation_directory()}}" && "{{justfile_directory()}}/{{toll}}" --root "{{justfile_directory()}}" package --prepare "$@"

# Build the Python wheel into target/wheels.
wheel: (package "wheel")

# Pack the gem into target/gems: built for this Ruby, and as source.
gem: (package "gem")

# Pack the NuGet package into target/nupkg.
nupkg: (package "nupkg")

# Install the C library: `just install-c /usr/local`, or any folder.
install-c PREFIX:
    cd "{{invocation_directory()}}" && "{{justfile_directory()}}/{{toll}}" --root "{{justfile_directory()}}" package libtollbridge --to "$1"

# Write again what is generated and committed, of every bridge or some: headers, matrix, hazards, counts, figures in the docs.
generate *ARGS:
    {{toll}} generate --prepare "$@"

# Build the guide into target/book.
book:
    scripts/setup-book
    .tools/bin/mdbook build docs
    scripts/check-book --built

# Remove what was built and installed into this checkout.
clean:
    rm -rf target .tools bindings/*/build bindings/*/*/build
