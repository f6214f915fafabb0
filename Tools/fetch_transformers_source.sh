#!/bin/sh
# Puts the source of transformers, which a test compares the list of settings that change nothing with, into
# $XDG_CACHE_HOME/strata/test-data/transformers-VERSION. Does nothing when it is there. Nothing of it is run.
set -eu
version=5.24.0
folder="${XDG_CACHE_HOME:-$HOME/.cache}/strata/test-data/transformers-$version"
if [ -d "$folder" ]; then exit 0; fi
mkdir -p "$(dirname "$folder")"
work=$(mktemp -d "$folder.partial-XXXXXX")
trap 'rm -rf "$work"' EXIT
python3 -I -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --dest "$work" --require-hashes \
  --requirement /dev/stdin <<WHEEL
transformers==$version --hash=sha256:ff5ebedf9359f94bb63772b6380eba6e7104d010cbbb2cb82c788817ea7486f6
WHEEL
python3 -I -m zipfile -e "$work/transformers-$version-py3-none-any.whl" "$work/unpacked"
mv "$work/unpacked" "$folder"
