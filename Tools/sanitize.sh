#!/bin/sh
# What touches memory by hand, under AddressSanitizer and with traps for undefined behaviour in C++, and what several threads do, under
# ThreadSanitizer: `make sanitize`. What is passed over, and why, stands in Tools/sanitizers.
set -eu
cd "$(dirname "$0")/.."
seconds="${SECONDS_OF_FUZZ:-120}"
parts="${PARTS:-memory threads}"
kept="$PWD/out/sanitize"
mkdir -p "$kept"
settings() { grep -v "^#" "Tools/sanitizers/$1" | tr '\n' ':'; }

memory() {
  folder=.build-sanitize
  ignored="$PWD/Tools/sanitizers/undefined.txt"
  # Traps need no runtime: undefined behaviour ends the program with SIGILL.
  swift build --scratch-path $folder --sanitize=address -Xcxx -O3 -Xcxx -fsanitize=undefined -Xcxx -fsanitize-trap=undefined \
    -Xcxx "-fsanitize-ignorelist=$ignored" --product StrataFuzz
  # Every reader, with the kernels behind it. A sanitizer needs all addresses, and several times the memory.
  ASAN_OPTIONS="$(settings address.txt)" "$folder/debug/StrataFuzz" --seconds "$seconds" --address-space 0 --megabytes 8000 \
    --input-seconds 120 --keep "$kept"
}

threads() {
  folder=.build-threads
  swift build --scratch-path $folder --sanitize=thread -Xcxx -O3 --product strata
  clang -shared -fPIC -O2 -Wall Tools/sanitizers/mutex.c -o $folder/mutex.so
  work="$(mktemp -d)"
  trap 'rm -rf "$work"' EXIT
  # The whole program on more threads than this machine may have: all kinds of figures of one model, a second build and a check of them, a
  # training's checkpoints, a dataset, shards and a gallery of them.
  failed=0
  for command in \
    "build examples/kinds.yaml --out $work" \
    "build examples/kinds.yaml --out $work" \
    "check examples/kinds.yaml --out $work" \
    "build examples/checkpoints.yaml --out $work" \
    "build examples/first.yaml --out $work" \
    "dataset examples/data/first-agreement.csv --model ./models/first --foil foil --group match" \
    "trace examples/kinds.yaml --model first --shard 1/2 -o $work/shards/1.jsonl" \
    "trace examples/kinds.yaml --model first --shard 2/2 -o $work/shards/2.jsonl" \
    "build examples/kinds.yaml --traces $work/shards --out $work/shared" \
    "gather $work/shards --out $work"; do
    echo "strata $command"
    # shellcheck disable=SC2086
    LD_PRELOAD="$PWD/$folder/mutex.so" XDG_CACHE_HOME="$work/cache" \
      TSAN_OPTIONS="suppressions=$PWD/Tools/sanitizers/threads.txt:$(settings thread-options.txt)" \
      "$folder/debug/strata" $command --threads 4 -q > "$work/log" 2>&1 && status=0 || status=$?
    if [ $status != 0 ]; then
      failed=1
      cp "$work/log" "$kept/threads-$(printf %s "$command" | tr -c 'a-z0-9\n' -).log"
      grep -c 'WARNING: ThreadSanitizer' "$work/log" || tail -5 "$work/log"
    fi
  done
  return $failed
}

for part in $parts; do $part; done
