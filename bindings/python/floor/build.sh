#!/bin/sh
# Builds the extension for one interpreter, into bindings/python/floor/build: build.sh [PYTHON]
set -eu
here=$(dirname "$0")
python=${1:-python3}
include=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
suffix=$("$python" -c 'import sysconfig; print(sysconfig.get_config_var("EXT_SUFFIX"))')
mkdir -p "$here/build"
"${CC:-cc}" -std=c11 -O2 -fPIC -shared -pthread -Wall -Wextra -I"$include" \
    "$here/tollbridge_floor.c" -o "$here/build/tollbridge_floor$suffix"
