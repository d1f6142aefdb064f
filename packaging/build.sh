#!/usr/bin/env bash
# Builds the program, static: packaging/build.sh [FOLDER [OS-ARCH...]]
#
# Writes FOLDER/batch-OS-ARCH, by default for linux-amd64 and linux-arm64 into dist/; darwin
# and windows can be named, too. One commit gives the same bytes in any folder, with the same
# release of Go.
set -euo pipefail
cd "$(dirname "$0")/.."

out=${1:-dist}
shift || true
[ $# -gt 0 ] || set -- linux-amd64 linux-arm64

# Nothing of the environment may change the bytes.
export GOFLAGS= GOEXPERIMENT= GOAMD64=v1 GOARM64=v8.0 CGO_ENABLED=0
mkdir -p "$out"
for target; do
	file=$out/batch-$target
	[ "${target%-*}" != windows ] || file+=.exe
	GOOS=${target%-*} GOARCH=${target#*-} go build -trimpath -buildvcs=auto -ldflags='-s -w' -o "$file" ./cmd/batch
	echo "$file"
done
