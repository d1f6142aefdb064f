#!/usr/bin/env bash
# Passes all tests: ./test.sh [flags for go test]
#
# The tests need Go, and LibreOffice Calc to recalculate and print the workbook
# as its readers would. It is installed from Debian's packages if it is missing.
set -euo pipefail
cd "$(dirname "$0")"

install_office() {
	local sudo=""
	[ "$(id -u)" = 0 ] || sudo="sudo"
	$sudo apt-get update -qq &&
		$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libreoffice-calc poppler-utils >/dev/null
}

if ! command -v soffice >/dev/null || ! command -v pdftoppm >/dev/null; then
	echo "installing LibreOffice Calc and poppler from Debian's packages" >&2
	if ! install_office; then
		echo "LibreOffice could not be installed: the tests that need it cannot run here" >&2
		[ -z "${CI:-}" ] || exit 1
	fi
fi

exec go test "$@" ./...
