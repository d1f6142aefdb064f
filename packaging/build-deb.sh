#!/usr/bin/env bash
# Builds a Debian package: packaging/build-deb.sh [FOLDER [ARCH]]
#
# Writes FOLDER/batch_VERSION_ARCH.deb, by default for this machine into dist/. One
# commit gives the same bytes. DEBFULLNAME and DEBEMAIL name its maintainer.
set -euo pipefail
cd "$(dirname "$0")/.."

out=${1:-dist}
arch=${2:-$(dpkg --print-architecture)}
umask 022
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

packaging/build.sh "$work" "$arch" >/dev/null
host=$work/batch-linux-$(dpkg --print-architecture)
[ -e "$host" ] || packaging/build.sh "$work" "$(dpkg --print-architecture)" >/dev/null

# Versions grow with the time of the commit, so that a newer build is an upgrade.
version=$("$host" --version | sed -n 's/^batch //p')
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)} # now, outside a repository
export SOURCE_DATE_EPOCH
stamp=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M%S)
debian=${version%%+*}+$stamp.${version#*+}
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
put 644 packaging/batch.yaml etc/batch/batch.yaml
put 600 packaging/environment etc/batch/environment
put 644 packaging/crontab $doc/examples/crontab
put 644 packaging/deb/lintian-overrides usr/share/lintian/overrides/batch
for page in operations commands offer settings result release rules exchange; do
	[ ! -e "docs/$page.md" ] || put 644 "docs/$page.md" "$doc/$page.md"
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
packaging/deb/changelog.sh "$debian" "$maintainer" <CHANGELOG.md | gzip -9n >"$work/changelog.gz"
put 644 "$work/changelog.gz" $doc/changelog.gz

mkdir "$root/DEBIAN"
sed "s|@VERSION@|$debian|; s|@ARCH@|$arch|; s|@MAINTAINER@|$maintainer|; s|@SIZE@|$(du -sk --apparent-size "$root" | cut -f1)|" \
	packaging/deb/control >"$root/DEBIAN/control"
(cd "$root" && find etc -type f -printf '/%p\n' | LC_ALL=C sort >DEBIAN/conffiles)
(cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum >DEBIAN/md5sums)
install -m 755 packaging/deb/{postinst,prerm,postrm} "$root/DEBIAN"
find "$root" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +

mkdir -p "$out"
# xz would be a quarter smaller and take four times as long.
dpkg-deb --root-owner-group -Zgzip --build "$root" "$out/batch_${debian}_$arch.deb" >/dev/null
echo "$out/batch_${debian}_$arch.deb"
