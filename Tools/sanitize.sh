#!/bin/sh
# What touches memory by hand, under AddressSanitizer and with traps for undefined behaviour in C++: `make sanitize`.
# What is passed over, and why, stands in Tools/sanitizers.
set -eu
cd "$(dirname "$0")/.."
seconds="${SECONDS_OF_FUZZ:-120}"
folder=.build-sanitize
ignored="$PWD/Tools/sanitizers/undefined.txt"
# Traps need no runtime: undefined behaviour ends the program with SIGILL.
build="--scratch-path $folder --sanitize=address -Xcxx -O3 -Xcxx -fsanitize=undefined -Xcxx -fsanitize-trap=undefined
  -Xcxx -fsanitize-ignorelist=$ignored"
options="$(grep -v '^#' Tools/sanitizers/address.txt | tr '\n' ':')"
# shellcheck disable=SC2086
swift build $build --product StrataFuzz
# Every reader, with the kernels behind it. A sanitizer needs all addresses, and several times the memory.
ASAN_OPTIONS="$options" "$folder/debug/StrataFuzz" --seconds "$seconds" --address-space 0 --megabytes 8000 --input-seconds 120 \
  --keep out/sanitize
