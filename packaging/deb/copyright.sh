#!/usr/bin/env bash
# Prints the licences of all that is linked into the program: copyright.sh ARCH
set -euo pipefail
cd "$(dirname "$0")/../.."

echo "The repository of batch states no licence of its own. The program contains the
works below, each under its own licence."

notice() {
	local found=0 file
	for file in "$2"/LICENSE* "$2"/LICENCE* "$2"/COPYING* "$2"/NOTICE* "$2"/PATENTS*; do
		[ -f "$file" ] || continue
		found=1
		printf '\n%s\n%s (%s)\n\n' "$(printf '=%.0s' {1..79})" "$1" "${file##*/}"
		if grep -q 'TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION' "$file"; then
			echo "Apache License, Version 2.0: /usr/share/common-licenses/Apache-2.0"
		else
			cat "$file"
		fi
	done
	[ $found = 1 ] || { echo "$1 has no licence; it may not be packaged" >&2; exit 1; }
}

notice "Go" "$(go env GOROOT)"
GOFLAGS='' CGO_ENABLED=0 GOOS=linux GOARCH=$1 go list -deps -f \
	'{{with .Module}}{{if not .Main}}{{$m := .}}{{with .Replace}}{{$m = .}}{{end}}{{$m.Path}} {{$m.Version}}	{{$m.Dir}}{{end}}{{end}}' ./cmd/batch |
	LC_ALL=C sort -u | while IFS=$'\t' read -r module folder; do notice "$module" "$folder"; done
