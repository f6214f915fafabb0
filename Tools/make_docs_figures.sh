#!/bin/sh
# Draws the pictures of docs/figures.md (from examples/kinds.yaml and examples/comparison.yaml) and of docs/tutorial.md
# (from docs/tutorial/london.yaml).
#
#   Tools/make_docs_figures.sh [STRATA]      (.build/release/strata when it is left out)
#
# Needs the models: `strata models pull smollm2-135m gemma-3-270m`. Ends with 1 when a picture is larger than 100 kB.
set -eu
cd "$(dirname "$0")/.."
strata=$(realpath "${1:-.build/release/strata}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
small=docs/figures/small
tutorial=docs/tutorial
mkdir -p "$small"

build() {
  "$strata" build "$1" --out "$work" --quiet > /dev/null
}

build examples/kinds.yaml
for figure in counting-rank-heatmap heathrow-top-tokens keys-token-ranks heathrow-lens-grid keys-trajectory countries-profile \
  countries-first-layer keys-difference countries-token-strip keys-attribution keys-patching heathrow-vocabulary agreement-dataset-profile; do
  cp "$work/kinds/figures/$figure-first.png" "$small/${figure#*-}.png"
done
build examples/comparison.yaml
cp "$work/comparison/figures/heathrow-comparison.png" "$small/comparison.png"
cp "$work/comparison/figures/professions-dataset-comparison.png" "$small/dataset-comparison.png"

# The tutorial's traces are kept beside its spec; the repository holds the spec alone.
cp "$tutorial/london.yaml" "$work/london.yaml"
build "$work/london.yaml"
figures=$work/london/figures
for figure in heathrow-trajectory gaulle-trajectory; do
  cp "$figures/$figure-gemma-3-270m.png" "$tutorial/$figure-gemma-3-270m.png"
  cp "$figures/$figure-smollm2-135m-instruct.png" "$tutorial/$figure-smollm2-135m.png"
done
cp "$figures/layer-11-heathrow.png" "$tutorial/heathrow-layer-11.png"
cp "$figures/layer-12-heathrow.png" "$tutorial/heathrow-layer-12.png"

large=$(find "$small" "$tutorial" -name '*.png' -size +100000c)
if test -n "$large"; then
  echo "larger than 100 kB: $large"
  exit 1
fi
