#!/bin/sh
# Builds the image from a release archive, through the first of podman, buildah and docker.
#
#   sh Tools/release/image.sh ARCHIVE BASE TAG
#
# ENGINE=NAME takes another program with the same options; ENGINE_OPTIONS goes to its build command.
set -eu
[ $# -eq 3 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 64; }
archive=$1 base=$2 tag=$3
engine=${ENGINE:-}
if [ -z "$engine" ]; then
  for candidate in podman buildah docker; do
    if command -v "$candidate" > /dev/null; then engine=$candidate; break; fi
  done
fi
if [ -z "$engine" ]; then
  echo "expected podman, buildah or docker, found none (Debian: apt install buildah); the archive is $archive" >&2
  exit 69
fi
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
ln "$archive" "$context/" 2> /dev/null || cp "$archive" "$context/"
# shellcheck disable=SC2086
"$engine" build ${ENGINE_OPTIONS:-} --file "$(dirname "$0")/Containerfile" --build-arg "BASE=$base" \
  --build-arg "ARCHIVE=$(basename "$archive")" --build-arg "VERSION=${tag##*:}" --tag "$tag" "$context"
echo "$tag, built by $engine"
