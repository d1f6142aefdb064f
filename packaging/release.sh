#!/usr/bin/env bash
# Builds all that a release consists of: packaging/release.sh [FOLDER]
#
# Writes into FOLDER, by default dist/: static programs for Linux, macOS and Windows, packages
# for Debian and rpm, a list of all modules in each program (CycloneDX), and SHA256SUMS of
# everything. One commit gives the same bytes. It takes some minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

out=${1:-dist}
mkdir -p "$out"
out=$(cd "$out" && pwd)
[ -z "$(ls -A "$out")" ] || { echo "release: $out is not empty; remove it, or name a new folder" >&2; exit 1; }
commit() { git rev-parse HEAD 2>/dev/null || echo "no repository"; }
began=$(commit)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd packaging/tools && GOFLAGS= go build -o "$work/cyclonedx-gomod" github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod)

for target in linux-amd64 linux-arm64 darwin-amd64 darwin-arm64 windows-amd64; do
	program=$(packaging/build.sh "$out" $target)
	echo "$program"
	chmod +x "$program"
	"$work/cyclonedx-gomod" bin -json -noserial -notimestamp -output "$out/batch-$target.cdx.json" "$program" 2>"$work/said" ||
		{ cat "$work/said" >&2; exit 1; }
done
for arch in amd64 arm64; do packaging/build-packages.sh "$out" $arch; done
[ "$(commit)" = "$began" ] || { echo "release: another commit was checked out meanwhile; begin again" >&2; exit 1; }
(cd "$out" && LC_ALL=C sha256sum -- * >"$work/sums" && mv "$work/sums" SHA256SUMS)
echo "$out/SHA256SUMS"
