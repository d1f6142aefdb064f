#!/usr/bin/env bash
# Passes all tests: ./test.sh [flags for go test]
#
# The tests need Go, LibreOffice Calc to recalculate and print the workbook as its
# readers would, openpyxl and two readers for Node (npm) that open it, xmllint
# that holds messages against their schemas, and strace to make system calls fail. What
# is missing is installed, from Debian's packages and from npm into .build. It takes about five minutes on two cores; ./test.sh -short takes
# less than one and leaves out what needs these programs.
set -euo pipefail
cd "$(dirname "$0")"

say() { echo "test.sh: $*" >&2; }

install_tools() {
	local sudo=""
	[ "$(id -u)" = 0 ] || sudo="sudo"
	$sudo apt-get update -qq &&
		$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# tools lists the Debian packages that are missing.
tools() {
	local missing=""
	command -v soffice >/dev/null || missing+=" libreoffice-calc"
	command -v pdftoppm >/dev/null || missing+=" poppler-utils"
	command -v xmllint >/dev/null || missing+=" libxml2-utils"
	command -v strace >/dev/null || missing+=" strace"
	command -v systemd-analyze >/dev/null || missing+=" systemd"
	command -v node >/dev/null && command -v npm >/dev/null || missing+=" nodejs npm"
	/usr/bin/python3 -c 'import openpyxl' 2>/dev/null || missing+=" python3-openpyxl"
	echo "$missing"
}

readers() {
	mkdir -p .build/readers
	cmp -s cmd/batch/testdata/readers/package.json .build/readers/package.json && [ -d .build/readers/node_modules/exceljs ] && return
	say "installing exceljs and SheetJS from npm into .build"
	cp cmd/batch/testdata/readers/package.json .build/readers/
	(cd .build/readers && npm install --silent --no-audit --no-fund --no-package-lock >/dev/null)
}

if [[ " $* " != *" -short "* ]]; then
	missing=$(tools)
	if [ -n "$missing" ]; then
		say "installing from Debian's packages:$missing"
		# shellcheck disable=SC2086
		if ! install_tools $missing; then
			say "they could not be installed: the tests that need them cannot run here"
			[ -z "${CI:-}" ] || exit 1
		fi
	fi
	if readers; then
		export READERS=$PWD/.build/readers
	else
		say "the readers from npm could not be installed: the test that needs them cannot run here"
		[ -z "${CI:-}" ] || exit 1
	fi
fi

say "running the tests; the packages that take longest come last"
exec go test "$@" ./...
