#!/bin/sh
# Builds the extension in this checkout. It lies apart from lib/, where a link to it is what `require "tollbridge"` finds:
# another release of Debian, which has another Ruby, builds its own (scripts/in-root).
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$here/../../..
cd "$root"
# magnus' conversions are functions of another crate: short calls are shorter with them inlined.
cargo build --quiet --release --config "profile.release.lto='fat'" -p tollbridge-ruby-magnus
mkdir -p "$here/build"
# Not over the old one, which a process may have mapped.
cp "${CARGO_TARGET_DIR:-target}/release/libtollbridge_native.so" "$here/build/.new.so"
mv "$here/build/.new.so" "$here/build/tollbridge_native.so"
