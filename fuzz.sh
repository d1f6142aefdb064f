#!/usr/bin/env bash
# Fuzzes every target for as long as said: ./fuzz.sh [10m]
#
# What a target finds, Go keeps in that package's testdata/fuzz; commit it with the
# correction, and the tests hold it from then on.
set -euo pipefail
cd "$(dirname "$0")"

long=${1:-10m}

# fuzz runs one target. Go's engine at times takes the end of its own time for a failure
# (golang.org/issue/75804); then nothing was found, and the target is run once more.
fuzz() {
	local out status=0
	for _ in 1 2; do
		status=0
		out=$(go test -run='^$' -fuzz="^$2\$" -fuzztime="$long" "$1" </dev/null 2>&1) || status=$?
		case $status:$out in
		0:* | *'Failing input'*) break ;;
		*'context deadline exceeded'*) echo "$1 $2: Go took the end of its time for a failure; nothing was found" ;;
		*) break ;;
		esac
	done
	grep -v '^fuzz: elapsed' <<<"$out"
	return "$status"
}

grep -rlE --include='*_test.go' '^func Fuzz' . | xargs -n 1 dirname | sort -u | while read -r package; do
	for target in $(cat "$package"/*_test.go | sed -nE 's/^func (Fuzz[A-Za-z0-9_]*)\(.*/\1/p'); do
		echo "$package $target"
		fuzz "$package" "$target"
	done
done
