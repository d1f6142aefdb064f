#!/usr/bin/env bash
# Builds packages for Debian and for systems with rpm: packaging/build-packages.sh [FOLDER [ARCH [FORMAT...]]]
#
# Writes FOLDER/batch_VERSION_ARCH.deb and FOLDER/batch-VERSION-1.ARCH.rpm, by default both, for
# this machine, into dist/. ARCH is amd64 or arm64, FORMAT deb or rpm. One commit gives the same
# bytes. DEBFULLNAME and DEBEMAIL name the maintainer.
set -euo pipefail
cd "$(dirname "$0")/.."

out=${1:-dist}
here=$(go env GOHOSTARCH)
arch=${2:-$here}
shift $(($# < 2 ? $# : 2))
[ $# -gt 0 ] || set -- deb rpm
umask 022
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

packaging/build.sh "$work" "linux-$arch" >/dev/null
host=$work/batch-linux-$here
[ -e "$host" ] || packaging/build.sh "$work" "linux-$here" >/dev/null
(cd packaging/tools && GOFLAGS= go build -o "$work/nfpm" github.com/goreleaser/nfpm/v2/cmd/nfpm)

# Versions grow with the time of the commit, so that a newer build is an upgrade.
version=$("$host" --version | sed -n 's/^batch //p')
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)} # now, outside a repository
export SOURCE_DATE_EPOCH
stamp=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M%S)
version=${version%%+*}+$stamp.${version#*+}
maintainer="${DEBFULLNAME:-batch} <${DEBEMAIL:-batch@localhost}>"

put() { install -D -m "$1" "$2" "$root/$3"; }
doc=usr/share/doc/batch
# POSIX has a command named batch, which Debian's package at brings.
put 755 "$work/batch-linux-$arch" usr/bin/tenderbatch
mkdir -p "$root/usr/lib/tenderbatch"
ln -s ../../bin/tenderbatch "$root/usr/lib/tenderbatch/batch"
cp "$host" "$work/tenderbatch"
for unit in packaging/systemd/*.service packaging/systemd/*.timer; do
	put 644 "$unit" "usr/lib/systemd/system/${unit##*/}"
done
put 644 packaging/systemd/sysusers.conf usr/lib/sysusers.d/batch.conf
put 644 packaging/systemd/tmpfiles.conf usr/lib/tmpfiles.d/batch.conf
put 644 packaging/crontab $doc/examples/crontab
for page in operations commands offer settings result release rules exchange console scale performance glossary; do
	put 644 "docs/$page.md" "$doc/$page.md"
done
for schema in docs/schemas/*.schema.json; do
	put 644 "$schema" "$doc/schemas/${schema##*/}"
done

"$work/tenderbatch" man "$work/man"
for page in "$work"/man/*.1; do
	gzip -9n "$page"
	put 644 "$page.gz" "usr/share/man/man1/${page##*/}.gz"
done
complete() { "$work/tenderbatch" completion "$1" >"$work/completion" && put 644 "$work/completion" "$2"; }
complete bash usr/share/bash-completion/completions/tenderbatch
complete zsh usr/share/zsh/vendor-completions/_tenderbatch
complete fish usr/share/fish/vendor_completions.d/tenderbatch.fish
packaging/deb/copyright.sh "$arch" >"$work/copyright"
put 644 "$work/copyright" $doc/copyright

mkdir -p "$out"
for format; do
	cp -r "$root" "$work/$format"
	if [ "$format" = deb ]; then
		install -D -m 644 packaging/deb/lintian-overrides "$work/deb/usr/share/lintian/overrides/batch"
		packaging/deb/changelog.sh "$version" "$maintainer" <CHANGELOG.md | gzip -9n >"$work/deb/$doc/changelog.gz"
	fi
	find "$work/$format" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +
	sed "s|@VERSION@|$version|; s|@ARCH@|$arch|; s|@MAINTAINER@|$maintainer|; s|@ROOT@|$work/$format|" \
		packaging/nfpm.yaml >"$work/nfpm.yaml"
	"$work/nfpm" package --config "$work/nfpm.yaml" --packager "$format" --target "$out/" | sed -n 's/^created package: //p'
done
