#!/usr/bin/env bash
# Fuzzes every target for as long as said: ./fuzz.sh [10m]
#
# What a target finds, Go keeps in that package's testdata/fuzz; commit it with the
# correction, and the tests hold it from then on.
set -euo pipefail
cd "$(dirname "$0")"

long=${1:-10m}
grep -rlE --include='*_test.go' '^func Fuzz' . | xargs -n 1 dirname | sort -u | while read -r package; do
	for target in $(cat "$package"/*_test.go | sed -nE 's/^func (Fuzz[A-Za-z0-9_]*)\(.*/\1/p'); do
		echo "$package $target"
		go test -run='^$' -fuzz="^$target\$" -fuzztime="$long" "$package" </dev/null | grep -v '^fuzz: elapsed'
	done
done
