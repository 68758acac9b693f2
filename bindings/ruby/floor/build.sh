#!/bin/sh
# Builds the extension for one interpreter, into bindings/ruby/floor/build: build.sh [RUBY]
set -eu
here=$(dirname "$0")
ruby=${1:-ruby}
config() { "$ruby" -e "puts RbConfig::CONFIG['$1']"; }
mkdir -p "$here/build"
# Ruby's own headers are not ours to warn about.
"${CC:-cc}" -std=gnu11 -O3 -fPIC -shared -pthread -Wall -Wextra \
    -isystem "$(config rubyhdrdir)" -isystem "$(config rubyarchhdrdir)" \
    "$here/tollbridge_floor.c" -o "$here/build/tollbridge_floor.$(config DLEXT)"
