#!/bin/sh
# Installs the release of this checkout's version: fetches the archive, compares it with SHA256SUMS, unpacks it.
#
#   sh Tools/release/install.sh RELEASES PREFIX
#
# RELEASES is an address; below it lies vVERSION/strata-VERSION-linux-MACHINE.tar.gz beside SHA256SUMS. Exit status: 0 when
# PREFIX/bin/strata runs, 69 when there is no such release or this machine cannot run it (PREFIX stays as it was), 1 when the archive is not
# what SHA256SUMS says: then nothing else should be tried.
set -eu
[ $# -eq 2 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 64; }
releases=${1%/} prefix=$2
version=$(sed -n 's/.*let current = "\(.*\)"/\1/p' "$(dirname "$0")/../../Sources/Report/Words/StrataVersion.swift")
name="strata-$version-linux-$(uname -m)"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fetch() {
  if command -v curl > /dev/null; then
    curl --fail --silent --show-error --location --retry 3 --output "$folder/$1" "$releases/v$version/$1"
  elif command -v wget > /dev/null; then
    wget --quiet --tries 3 --output-document "$folder/$1" "$releases/v$version/$1"
  else
    python3 -I -c 'import sys, urllib.request; urllib.request.urlretrieve(sys.argv[1], sys.argv[2])' \
      "$releases/v$version/$1" "$folder/$1"
  fi
}

unavailable() {
  echo "strata $version: $1" >&2
  exit 69
}

fetch SHA256SUMS || unavailable "no release at $releases/v$version"
grep -q "  $name.tar.gz\$" "$folder/SHA256SUMS" || unavailable "the release has no $name.tar.gz"
fetch "$name.tar.gz" || unavailable "$name.tar.gz cannot be fetched"
if ! (cd "$folder" && grep "  $name.tar.gz\$" SHA256SUMS | sha256sum --check --quiet --strict); then
  echo "strata $version: $name.tar.gz is not the file that SHA256SUMS names; nothing was installed" >&2
  exit 1
fi
tar -xzf "$folder/$name.tar.gz" -C "$folder"
said=$("$folder/$name/bin/strata" --version 2>&1) || unavailable "the release does not run here: $said"
[ "$said" = "$version" ] || unavailable "the program says that it is version $said"
mkdir -p "$prefix"
cp -R "$folder/$name/." "$prefix/"
echo "strata $version in $prefix, from $releases"
