#!/bin/sh
# Installs the wheel in bare systems, each made by debootstrap, and builds examples/first.yaml and scripts.yaml there: without root, without
# a network.
#
#   sudo sh Tools/release/try_wheel.sh WHEEL FOLDER SUITE...
#
# WHEEL is what `make wheel` wrote. FOLDER keeps the systems (FOLDER/SUITE) and the wheels that ours depends on. SUITE is one of Debian's,
# such as bookworm or sid. Each system has Python with venv and nothing else beside Debian's minimum. The galleries lie in FOLDER/out-SUITE;
# the last lines say whether all have the same figures.
set -eu
[ $# -ge 3 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 64; }
wheel=$(realpath "$1")
folder=$(realpath "$2")
root=$(realpath "$(dirname "$0")/../..")
shift 2

for suite; do
  system="$folder/$suite"
  if [ ! -e "$system/etc/debian_version" ]; then
    debootstrap --variant=minbase --include=python3-venv "$suite" "$system" > "$folder/debootstrap-$suite.log"
  fi
  for tool in cc gcc clang swift fc-list; do
    if [ -e "$system/usr/bin/$tool" ]; then echo "$system is not bare: it has $tool" >&2; exit 1; fi
  done
  python=$(chroot "$system" python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  python3 -I -m pip download -q --no-input --disable-pip-version-check --only-binary :all: --python-version "$python" \
    --dest "$folder/wheels-$python" --require-hashes -r "$(dirname "$0")/try_wheel.txt"
  home="$system/home/reader"
  rm -rf "$home"
  mkdir -p "$home/models"
  cp -r "$folder/wheels-$python" "$home/wheels"
  cp "$wheel" "$home/wheels"
  cp -r "$root/examples" "$home/examples"
  cp "$(dirname "$0")/scripts.yaml" "$home/examples"
  cp -r "$root/models/first" "$home/models/first"
  chown -R 1234:1234 "$home"
  echo "== $suite: Debian $(cat "$system/etc/debian_version"), $(chroot "$system" ldd --version | head -n 1), Python $python"
  # No network but the machine itself, no processes of others, no variables of this shell.
  unshare --mount --net --pid --fork sh -eu -c '
    ip link set lo up
    mount -t proc proc "$1/proc"
    exec chroot --userspec=1234:1234 "$1" /usr/bin/env -i HOME=/home/reader LANG=C.UTF-8 PATH=/usr/bin:/bin sh -eu -c "
      cd
      python3 -m venv lens
      lens/bin/pip install -q --no-index --find-links wheels strata-lens
      export PATH=\"\$HOME/lens/bin:\$PATH\"
      id -un 2> /dev/null || id -u
      strata --version
      strata doctor | grep -v -e smollm2 -e gemma
      strata build examples/first.yaml examples/scripts.yaml -q --out out
    "
  ' sh "$system"
  rm -rf "$folder/out-$suite"
  cp -r "$home/out" "$folder/out-$suite"
  (cd "$folder/out-$suite" && find . -type f ! -path '*/.strata/*' | LC_ALL=C sort | xargs sha256sum) > "$folder/sums-$suite"
  echo "$(wc -l < "$folder/sums-$suite") files, $(grep -c /figures/ "$folder/sums-$suite") of them figures;" \
    "SHA-256 of their sums: $(sha256sum < "$folder/sums-$suite")"
done

for suite; do
  if ! cmp -s "$folder/sums-$1" "$folder/sums-$suite"; then
    echo "$1 and $suite differ:"
    diff "$folder/sums-$1" "$folder/sums-$suite" || exit 1
  fi
done
echo "the same bytes on $*"
