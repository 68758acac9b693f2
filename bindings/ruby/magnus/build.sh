#!/bin/sh
# Builds the extension in this checkout, and puts it where `require "tollbridge"` finds it.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$here/../../..
cd "$root"
# magnus' conversions are functions of another crate: short calls are shorter with them inlined.
cargo build --quiet --release --config "profile.release.lto='fat'" -p tollbridge-ruby-magnus
# Not over the old one, which a process may have mapped.
cp "${CARGO_TARGET_DIR:-target}/release/libtollbridge_native.so" "$here/lib/tollbridge/.new.so"
mv "$here/lib/tollbridge/.new.so" "$here/lib/tollbridge/tollbridge_native.so"
