#!/bin/sh
# API pages of the library in out/api, for any web server: python3 -m http.server --directory out/api. A warning of DocC, such as a link
# that leads nowhere, ends it with an error; that every public symbol has a sentence is a test.
# KERNELS: flags of swift build, such as "-Xcxx -O3".
set -eu
cd "$(dirname "$0")/.."
# Package.swift names swift-docc-plugin only where this is set.
export STRATA_DOCUMENTATION=1
rm -rf out/api
mkdir -p out/api
# shellcheck disable=SC2086
swift package ${KERNELS:-} --allow-writing-to-directory out/api generate-documentation \
  --target Traces --target Engine --target Plot --target Figures --enable-experimental-combined-documentation \
  --warnings-as-errors --disable-indexing --transform-for-static-hosting --output-path out/api
for module in traces engine plot figures; do
  test -f "out/api/documentation/$module/index.html" || { echo "out/api has no pages of $module" >&2; exit 1; }
done
