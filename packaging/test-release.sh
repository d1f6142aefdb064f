#!/usr/bin/env bash
# Makes a release and checks it: packaging/test-release.sh [FOLDER]
#
# The sums are those of the files, each list of modules names what is linked into its program,
# and the programs compute rightly: that for this machine by itself, that for arm64 under QEMU
# where qemu-user-static is installed. Those for macOS and Windows are built, and cannot run here.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf -- '-- %s (%d s)\n' "$*" "$SECONDS"; }
die() {
	echo "test-release: $*" >&2
	exit 1
}

# linked lists the modules in a program; a line => names what is in the place of the one before.
linked() {
	go version -m "$1" | awk '$1 == "dep" { at[++n] = $2 "@" $3 } $1 == "=>" { at[n] = $2 "@" $3 }
		END { for (i = 1; i <= n; i++) print "pkg:golang/" at[i] }' | sort
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
out=${1:-$work/release}

step "make the release"
packaging/release.sh "$out"

step "sums"
(cd "$out" && sha256sum --check --quiet --strict SHA256SUMS) || die "SHA256SUMS is not that of the files"
[ "$(wc -l <"$out/SHA256SUMS")" = $(($(ls "$out" | wc -l) - 1)) ] || die "SHA256SUMS leaves files out"

step "lists of modules"
for list in "$out"/*.cdx.json; do
	program=${list%.cdx.json}
	[ -e "$program" ] || program+=.exe
	diff <(linked "$program") \
		<(sed -n 's/^ *"purl": "\(pkg:golang[^?"]*\).*/\1/p' "$list" | grep -v '^pkg:golang/\(std\|tenderbatch\)@' | sort -u) ||
		die "$list does not list what is linked into $program"
done

step "the programs compute rightly"
case $(uname -m) in x86_64) here=amd64 ;; aarch64) here=arm64 ;; *) die "there is no program for $(uname -m)" ;; esac
"$out/batch-linux-$here" self-test
if [ $here != arm64 ] && command -v qemu-aarch64-static >/dev/null; then
	qemu-aarch64-static "$out/batch-linux-arm64" self-test
else
	echo "test-release: NOT TESTED: the program for arm64, as qemu-user-static is not installed"
fi
step "done"
