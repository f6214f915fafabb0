#!/bin/sh
# API pages of the library: out/api, one folder for each of Traces, Engine, Plot and Figures. A warning of DocC (a link that leads
# nowhere) or a public symbol without a sentence ends it with an error.
# KERNELS: flags of swift build, such as "-Xcxx -O3".
set -eu
cd "$(dirname "$0")/.."
export STRATA_DOCUMENTATION=1
log=.build/api-pages.log
rm -rf out/api
mkdir -p out/api
: > "$log"
for target in Traces Engine Plot Figures; do
  # shellcheck disable=SC2086
  swift package ${KERNELS:-} --allow-writing-to-directory out/api generate-documentation --target "$target" \
    --warnings-as-errors --disable-indexing --transform-for-static-hosting --hosting-base-path "$target" \
    --output-path "out/api/$target" >> "$log" 2>&1 || { tail -n 40 "$log" >&2; exit 1; }
done
