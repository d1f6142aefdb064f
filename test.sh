#!/usr/bin/env bash
# Passes all tests: ./test.sh [flags for go test]
#
# The tests need Go, LibreOffice Calc to recalculate and print the workbook as its
# readers would, openpyxl and two readers for Node (npm) that open it, xmllint that holds
# messages against their schemas, ssh-keygen that signs, and strace to make system calls fail. What is missing is
# installed, from Debian's packages and from npm into .build. Chromium and Playwright (npm)
# use the console as people do. PostgreSQL and an S3 server, which is built, keep offers for
# many machines. It takes about twenty minutes on two cores; ./test.sh -short takes less than
# one and leaves out what needs these programs.
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
	command -v ssh-keygen >/dev/null || missing+=" openssh-client"
	command -v systemd-analyze >/dev/null || missing+=" systemd"
	command -v chromium >/dev/null || missing+=" chromium"
	[ -x /usr/sbin/sshd ] || missing+=" openssh-server"
	command -v gpg >/dev/null || missing+=" gnupg"
	command -v zstd >/dev/null || missing+=" zstd"
	command -v maildrop >/dev/null || missing+=" maildrop"
	[ -x /usr/sbin/dovecot ] || missing+=" dovecot-imapd"
	[ -x /usr/sbin/exim4 ] || missing+=" exim4-daemon-light"
	compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || missing+=" postgresql"
	command -v node >/dev/null && command -v npm >/dev/null || missing+=" nodejs npm"
	/usr/bin/python3 -c 'import openpyxl' 2>/dev/null || missing+=" python3-openpyxl"
	echo "$missing"
}

readers() {
	mkdir -p .build/readers
	cmp -s cmd/batch/testdata/readers/package.json .build/readers/package.json && [ -d .build/readers/node_modules/@duckdb/node-api ] && return
	say "installing exceljs, SheetJS and DuckDB from npm into .build"
	cp cmd/batch/testdata/readers/package.json .build/readers/
	(cd .build/readers && npm install --silent --no-audit --no-fund --no-package-lock >/dev/null)
}

# browser installs Playwright as package-lock.json pins it; the browser itself is Debian's.
browser() {
	mkdir -p .build/browser
	cmp -s cmd/batch/testdata/browser/package-lock.json .build/browser/package-lock.json && [ -d .build/browser/node_modules/@playwright/test ] && return
	if [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then
		say "Playwright needs Node 20 or newer; this is $(node --version)"
		return 1
	fi
	say "installing Playwright and axe from npm into .build (23 MB, some seconds)"
	cp cmd/batch/testdata/browser/package.json cmd/batch/testdata/browser/package-lock.json .build/browser/
	(cd .build/browser && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --silent --no-audit --no-fund >/dev/null)
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
	say "building the S3 server that the tests use (some minutes the first time)"
	if ! (cd internal/servertest/s3 && go tool -n versitygw >/dev/null); then
		say "it could not be built: the tests that need it cannot run here"
		[ -z "${CI:-}" ] || exit 1
	fi
	if browser; then
		export BROWSER=$PWD/.build/browser
		say "the console is used in Chromium for about five minutes of the tests"
	else
		say "Playwright could not be installed: the test that needs it cannot run here"
		[ -z "${CI:-}" ] || exit 1
	fi
fi

say "running the tests; the packages that take longest come last"
# The browser alone takes five minutes, and go test gives a package ten.
exec go test -timeout 30m "$@" ./...
