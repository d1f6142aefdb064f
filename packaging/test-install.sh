#!/usr/bin/env bash
# Installs, uses, upgrades and removes the packages in a throw-away copy of this machine's
# root, and checks that one commit always gives the same packages:
#
#   packaging/test-install.sh
#
# It needs root (or sudo) and a kernel that may mount an overlay. What it needs of
# Debian's packages is installed in the copy; the machine itself is not changed.
set -euo pipefail

step() { printf -- '-- %s (%d s)\n' "$*" "$SECONDS"; }
die() {
	echo "test-install: $*" >&2
	exit 1
}

# again builds the commit at hand once more, in another folder, zone and language and
# with other modes for new files, and wants the packages in FOLDER.
again() {
	if ! git rev-parse --git-dir >/dev/null 2>&1; then
		forbidden "a commit gives the same packages each time: this is no repository"
		return
	fi
	if [ -n "$(git status --porcelain)" ]; then
		skip "a commit gives the same packages each time: there are changes that are not committed"
		return
	fi
	git clone -q . "$work/another clone"
	(cd "$work/another clone" && umask 077 && TZ=Asia/Tokyo LC_ALL=C packaging/build-packages.sh "$work/again" >/dev/null)
	diff -r "$1" "$work/again" || die "two builds of one commit differ"
}

# older writes the package again as release 0.0.9, with other settings in it, to have
# something to upgrade from.
older() {
	dpkg-deb -R "$1" "$work/older"
	sed -i 's/^Version: .*/Version: 0.0.9/' "$work/older/DEBIAN/control"
	echo "# The settings of release 0.0.9." >>"$work/older/etc/batch/batch.yaml"
	(cd "$work/older" && sed -i '/etc\/batch/d' DEBIAN/md5sums)
	dpkg-deb --root-owner-group --build "$work/older" "$work/older.deb" >/dev/null
}

# outside builds, mounts the copy and starts the rest in it.
outside() {
	cd "$(dirname "$0")/.."
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT

	step "build the packages"
	packaging/build-packages.sh "$work/built"
	step "build it again elsewhere"
	again "$work/built"
	older "$work"/built/*.deb
	mkdir "$work/package" "$work/copy"
	mv "$work"/built/*.deb "$work/package/new.deb"
	mv "$work"/built/*.rpm "$work/package/new.rpm"
	mv "$work/older.deb" "$work/package/old.deb"
	cp "$0" "$work/package/test-install.sh"

	step "mount a copy of the root"
	if ! unshare --mount --propagation private true 2>/dev/null; then
		forbidden "this machine may not make a mount namespace"
		return
	fi
	unshare --mount --propagation private bash -euc '
		mount -t tmpfs tmpfs "$1/copy"
		mkdir "$1"/copy/{upper,work,root}
		mount -t overlay overlay -o "lowerdir=/,upperdir=$1/copy/upper,workdir=$1/copy/work" "$1/copy/root" || exit 77
		cd "$1/copy/root"
		mount -t proc proc proc
		mount --rbind /dev dev
		mount -t tmpfs tmpfs tmp
		mount -t tmpfs tmpfs run # no systemd runs in here
		cp -r "$1/package" run/package
		[ ! -e /etc/resolv.conf ] || { rm -f etc/resolv.conf && cat /etc/resolv.conf >etc/resolv.conf; }
		exec chroot . /bin/bash /run/package/test-install.sh --inside
	' bash "$work" && return
	[ $? = 77 ] || die "the installation did not pass"
	forbidden "this machine may not mount an overlay"
}

# forbidden says aloud what this machine does not let be tested.
forbidden() {
	echo "test-install: NOT TESTED: $*" >&2
}

# skip says what is not tested although it could be; in CI that is a failure.
skip() {
	forbidden "$@"
	[ -z "${CI:-}" ] || exit 1
}

tools() {
	local missing="" tool
	for tool in man:man-db groff:groff lintian:lintian zsh:zsh fish:fish systemd-analyze:systemd rpm:rpm; do
		command -v "${tool%:*}" >/dev/null || missing+=" ${tool#*:}"
	done
	[ -e /usr/share/bash-completion/bash_completion ] || missing+=" bash-completion"
	[ -n "$missing" ] || return 0
	step "in the copy, install$missing"
	apt-get update -qq
	# shellcheck disable=SC2086
	apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>&1 || die "could not install$missing"
}

# want runs a command and demands its exit code.
want() {
	local code=$1 got=0
	shift
	"$@" >/run/out 2>&1 </dev/null || got=$?
	[ "$got" = "$code" ] || die "exit code $got, want $code, of: $*
$(cat /run/out)"
}

# says demands words of what the last command said.
says() { grep -q -- "$1" /run/out || die "this does not say \"$1\": $(cat /run/out)"; }

# mode demands the mode and owners of a file.
mode() { [ "$(stat -c '%a %U %G' "$1")" = "$2" ] || die "$1 is $(stat -c '%a %U %G' "$1"), want $2"; }

offer=/srv/batch/offers/level3-2004

program() {
	as_batch() { want "$1" runuser -u batch -- "${@:2}"; }
	want 0 tenderbatch --version
	says "^batch $(dpkg-deb -f /run/package/new.deb Version | sed 's/+[0-9]*[.]/+/')$"
	want 1 ldd /usr/bin/tenderbatch
	says "not a dynamic executable"
	want 0 /usr/lib/tenderbatch/batch --version
	as_batch 0 tenderbatch self-test
	as_batch 0 tenderbatch init $offer
	as_batch 3 tenderbatch run $offer
	mode $offer/runs/latest/result.xlsx "640 batch batch"
	as_batch 3 tenderbatch run $offer
	as_batch 0 tenderbatch runs $offer
}

manual() {
	local page
	want 0 man -w tenderbatch-run
	want 0 man tenderbatch
	says "EXIT STATUS"
	for page in /usr/share/man/man1/tenderbatch*.1.gz; do
		zcat "$page" | groff -man -ww -Tutf8 -z 2>/run/out
		[ ! -s /run/out ] || die "$page: $(cat /run/out)"
	done
}

# completion has each shell load its script and complete a line.
completion() {
	want 0 bash -c '
		. /usr/share/bash-completion/bash_completion
		_completion_loader tenderbatch
		COMP_WORDS=(tenderbatch run /srv/batch/off) COMP_CWORD=2 COMP_LINE="tenderbatch run /srv/batch/off" COMP_POINT=30
		__start_tenderbatch
		echo "${COMPREPLY[@]}"'
	says "^/srv/batch/offers/*$"
	want 0 zsh -fc 'autoload -U compinit && compinit -u -d /run/zcompdump && autoload +X _tenderbatch && echo "$_comps[tenderbatch]"'
	says "^_tenderbatch$"
	want 0 fish -c 'complete -C "tenderbatch whati"'
	says "^whatif"
	want 0 fish -c 'complete -C "tenderbatch run /srv/batch/off"'
	says "^/srv/batch/offers/"
	want 0 tenderbatch __complete run $offer --as-of ""
	says "^:4$"
}

units() {
	local dir=/usr/lib/systemd/system unit
	local instance="batch-run@$(systemd-escape --path $offer)"
	want 0 systemd-analyze verify $dir/batch-serve.service "$dir/batch-run@.service" "$instance.service" "$instance.timer"
	[ ! -s /run/out ] || die "systemd-analyze verify: $(cat /run/out)"
	for unit in batch-serve batch-run@; do
		sed -n '/^NoNewPrivileges/,/^SystemCallErrorNumber/p' "$dir/$unit.service" >"/run/hard-$unit"
		want 0 systemd-analyze security --offline=true --threshold=20 "$dir/$unit.service"
		says "Overall exposure level"
		sed -n 's/.*Overall exposure level for/   exposure of/p' /run/out | grep -o '.*[0-9]'
	done
	want 0 diff /run/hard-batch-serve /run/hard-batch-run@
	want 0 systemd-analyze calendar "$(sed -n 's/^OnCalendar=//p' $dir/batch-run@.timer)"
}

upgrade() {
	local before after
	echo "# changed here" >>/etc/batch/batch.yaml
	before=$(find /srv -type f -exec sha256sum {} + | sort)
	want 0 dpkg --force-confdef -i /run/package/new.deb
	grep -q "# changed here" /etc/batch/batch.yaml || die "the upgrade wrote over batch.yaml"
	want 3 tenderbatch check $offer
	want 0 dpkg -r batch
	[ ! -e /usr/bin/tenderbatch ] || die "the program is still there"
	[ -e /etc/batch/batch.yaml ] || die "removing took batch.yaml away"
	want 0 dpkg -P batch
	[ ! -e /etc/batch ] || die "purging left $(ls -A /etc/batch)"
	after=$(find /srv -type f -exec sha256sum {} + | sort)
	[ -n "$before" ] && [ "$before" = "$after" ] || die "upgrade or removal touched the offers"
	mode /srv/batch/offers "3770 batch batch"
}

# with_rpm does to the other package what was done to Debian's, and holds it against that.
with_rpm() {
	local of=/run/package/new.rpm
	diff <(dpkg-deb --fsys-tarfile /run/package/new.deb | tar -t | sed -n 's|^[.]\(/.*[^/]\)$|\1|p' |
		grep -v 'lintian\|changelog.gz' | sort) \
		<(rpm -qlp --qf '[%{FILEMODES:perms} %{FILENAMES}\n]' $of | sed -n 's|^[^d][^ ]* ||p' | sort) ||
		die "the two packages hold different files"
	want 0 rpm -i --nodeps $of
	diff <(rpm -V batch --nodeps) <(echo ".M....G..  c /etc/batch/batch.yaml") || # the group may read it
		die "what rpm installed is not as it is in the package"
	mode /srv/batch/offers "3770 batch batch"
	mode /etc/batch/environment "600 root root"
	want 0 runuser -u batch -- tenderbatch self-test
	echo "# changed here" >>/etc/batch/batch.yaml
	want 0 rpm -U --force --nodeps $of
	grep -q "# changed here" /etc/batch/batch.yaml || die "the upgrade wrote over batch.yaml"
	want 3 tenderbatch check $offer
	want 0 rpm -e batch
	[ ! -e /usr/bin/tenderbatch ] || die "the program is still there"
	[ -d $offer/runs ] || die "removing took the offers away"
}

inside() {
	export HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 PAGER=cat MANPAGER=cat
	cd /
	# Images of Debian for containers leave manual pages out.
	sed -i '/^path-exclude/d' /etc/dpkg/dpkg.cfg.d/*
	tools
	step "lintian"
	want 0 lintian --allow-root --fail-on error,warning /run/package/new.deb
	step "install release 0.0.9"
	want 0 dpkg -i /run/package/old.deb
	mode /srv/batch/offers "3770 batch batch"
	mode /etc/batch/batch.yaml "640 root batch"
	mode /etc/batch/environment "600 root root"
	step "the worked example, as the user batch"
	program
	step "manual pages"
	manual
	step "completion in bash, zsh and fish"
	completion
	step "systemd units"
	units
	step "at beside it"
	want 0 apt-get install -y -qq --no-install-recommends at
	[ -e /usr/bin/batch ] && [ -e /usr/bin/tenderbatch ] || die "at and the package are not both there"
	step "upgrade, remove, purge"
	upgrade
	step "the package for rpm: install, upgrade, remove"
	with_rpm
	step "done"
}

if [ "${1:-}" = --inside ]; then
	inside
elif [ "$(id -u)" = 0 ]; then
	outside
elif sudo -n true 2>/dev/null; then
	exec sudo -n env "PATH=$PATH" "CI=${CI:-}" "GOPROXY=$(go env GOPROXY)" "GOCACHE=$(go env GOCACHE)" "GOMODCACHE=$(go env GOMODCACHE)" "$0" "$@"
else
	skip "it needs root"
fi
