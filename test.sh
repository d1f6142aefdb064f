#!/usr/bin/env bash
# Passes all tests: ./test.sh [flags for go test]
#
# The tests need Go, LibreOffice Calc to recalculate and print the workbook as its
# readers would, and strace to make system calls fail. They are installed from
# Debian's packages if they are missing.
set -euo pipefail
cd "$(dirname "$0")"

install_tools() {
	local sudo=""
	[ "$(id -u)" = 0 ] || sudo="sudo"
	$sudo apt-get update -qq &&
		$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libreoffice-calc poppler-utils strace >/dev/null
}

if ! command -v soffice >/dev/null || ! command -v pdftoppm >/dev/null || ! command -v strace >/dev/null; then
	echo "installing LibreOffice Calc, poppler and strace from Debian's packages" >&2
	if ! install_tools; then
		echo "they could not be installed: the tests that need them cannot run here" >&2
		[ -z "${CI:-}" ] || exit 1
	fi
fi

exec go test "$@" ./...
