#!/bin/sh
# Compiles c/floor's probes into a library for this floor: build.sh FOLDER. Optimised as cargo does it.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

mkdir -p "$1"
"${CC:-cc}" -std=c17 -O3 -funroll-loops -Wall -Wextra -Wpedantic -Werror -fPIC -fvisibility=hidden -shared -pthread \
  "$here/../../c/floor/floor.c" -o "$1/libtollbridge_dotnet_floor.so"
