#!/usr/bin/env bash
# Builds the program, static: packaging/build.sh [FOLDER [ARCH...]]
#
# Writes FOLDER/batch-linux-ARCH, by default for amd64 and arm64 into dist/. One
# commit gives the same bytes in any folder, with the same release of Go.
set -euo pipefail
cd "$(dirname "$0")/.."

out=${1:-dist}
shift || true
[ $# -gt 0 ] || set -- amd64 arm64

# Nothing of the environment may change the bytes.
export GOFLAGS= GOEXPERIMENT= GOAMD64=v1 GOARM64=v8.0 CGO_ENABLED=0 GOOS=linux
mkdir -p "$out"
for arch; do
	GOARCH=$arch go build -trimpath -buildvcs=auto -ldflags='-s -w' -o "$out/batch-linux-$arch" ./cmd/batch
	echo "$out/batch-linux-$arch"
done
