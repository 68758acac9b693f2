#!/bin/sh
# Compiles the C library under this floor: c/floor's probes and a histogram behind a handle. build.sh FOLDER
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

mkdir -p "$1"
"${CC:-cc}" -std=c17 -O2 -Wall -Wextra -Wpedantic -Werror -fPIC -fvisibility=hidden -shared -pthread -I"$here/../../c/floor" \
  "$here/../../c/floor/floor.c" "$here/histogram.c" -o "$1/libtollbridge_dotnet_floor.so"
