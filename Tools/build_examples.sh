#!/bin/sh
# Builds and runs examples/swift as the package of a user is built: Strata comes from a tag of a repository, here of a clone of this
# one, whose tag is the version in StrataVersion.swift and stands at the commit that is checked out. All of it lies in .build/examples.
# KERNELS: flags of swift build, such as "-Xcxx -O3".
set -eu
cd "$(dirname "$0")/.."
work="$PWD/.build/examples"
version=$(sed -n 's/.*current = "\(.*\)"/\1/p' Sources/Report/Words/StrataVersion.swift)
url=$(sed -n 's/.*package(url: "\(.*\)", from.*/\1/p' examples/swift/Package.swift)

# What was compiled stays; where it came from is looked up again.
rm -rf "$work/strata.git" "$work/swift" "$work/settings" "$work/build/repositories" "$work/build/checkouts" "$work/build/workspace-state.json"
mkdir -p "$work"
git clone --quiet --bare . "$work/strata.git"
git -C "$work/strata.git" tag -f "$version" > /dev/null
git -C "$work/strata.git" archive HEAD examples/swift | tar -x -C "$work" --strip-components=1
cd "$work/swift"

# Settings of their own: the tag moves with every commit, and SwiftPM remembers where it saw one before.
package() {
  command=$1
  shift
  swift "$command" --scratch-path "$work/build" --cache-path "$work/settings/cache" --security-path "$work/settings/security" "$@"
}
package package config set-mirror --original "$url" --mirror "file://$work/strata.git"
# shellcheck disable=SC2086
package build ${KERNELS:-}

programs=$(package build ${KERNELS:-} --show-bin-path)
if nm "$programs/DrawFigure" | grep -q strata_multiply; then
  echo "DrawFigure has kernels in it: a target below Figures uses the engine" >&2
  exit 1
fi
nm "$programs/TracePrompt" | grep -q strata_multiply
"$programs/TracePrompt" "$OLDPWD/models/first" "Heathrow airport is located in the city of" "$work/heathrow.json"
"$programs/DrawFigure" "$work/heathrow.json" rank-heatmap "$work/heathrow.pdf"
ls -l "$work/heathrow.json" "$work/heathrow.pdf"
