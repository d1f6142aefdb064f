#!/usr/bin/env bash
# Boots a throw-away copy of this machine under systemd, installs the package in it and
# has the real units run an offer, confined as they are:
#
#   packaging/test-boot.sh
#
# By hand, as root; CI does not pass it, because few machines for tests may boot another.
# systemd-nspawn is taken from Debian's package systemd-container, without installing it.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
clean() {
	# nspawn leaves the control groups of the copy behind.
	find /sys/fs/cgroup -depth -type d -newer "$work/proof.sh" \( -path '*/payload*' -o -name supervisor \) -exec rmdir {} + 2>/dev/null || true
	rm -rf "$work"
}
trap clean EXIT
packaging/build-packages.sh "$work" "$(go env GOHOSTARCH)" deb
mkdir "$work/copy" "$work/nspawn"
chmod 755 "$work" "$work/nspawn"
(cd "$work/nspawn" && apt-get download -qq -o APT::Sandbox::User=root systemd-container && dpkg-deb -x systemd-container_*.deb .)

# What the copy does once it is up.
cat >"$work/proof.sh" <<'PROOF'
set -euo pipefail
offer=/srv/batch/offers/level3-2004
latest=$offer/runs/latest/result.xlsx
die() {
	echo "test-boot: $*"
	journalctl --no-pager -t batch -u 'batch-*' | tail -n 20
	exit 1
}

dpkg -i /opt/batch.deb >/dev/null
runuser -u batch -- tenderbatch init $offer >/dev/null
cp $offer/inbox/dtc-2004-12-01.xlsx /opt/late.xlsx

echo "-- one run by batch-run@, which may write to its offer only"
run=$(systemd-escape --path --template=batch-run@.service $offer)
systemctl start "$run" || die "the run failed"
[ -e $latest ] || die "nothing was published"
[ "$(stat -c %U:%G:%a $latest)" = batch:batch:640 ] || die "$(stat -c %U:%G:%a $latest) $latest"
mkdir -p /run/systemd/system/batch-run@.service.d
printf '[Service]\nExecStart=\nExecStart=/bin/touch /srv/batch/offers/elsewhere\n' >/run/systemd/system/batch-run@.service.d/test.conf
systemctl daemon-reload
! systemctl start "$run" 2>/dev/null || die "a unit of one offer could write beside it"
rm -r /run/systemd/system/batch-run@.service.d
systemctl daemon-reload

echo "-- batch-serve makes a run when a file arrives, and ends on a signal"
rm -r $offer/runs $offer/inbox/dtc-2004-12-01.xlsx
systemctl enable --now batch-serve 2>/dev/null || die "batch-serve did not start"
# The example is over: only a file that comes while it is followed makes a run.
for ((i = 0; i < 60; i++)); do
	! journalctl --no-pager -t batch | grep -q '"msg":"waiting"' || break
	sleep 0.5
done
cp /opt/late.xlsx $offer/inbox/dtc-2004-12-01.xlsx
for ((i = 0; i < 120; i++)); do
	[ ! -e $latest ] || break
	systemctl is-active -q batch-serve || die "batch-serve ended"
	sleep 1
done
[ -e $latest ] || die "no run within two minutes"

# alive waits until the service is up with another process than the one given.
alive() {
	for ((i = 0; i < 120; i++)); do
		now=$(systemctl show -P MainPID batch-serve)
		[ "$(systemctl is-active batch-serve)" != active ] || [ "$now" = 0 ] || [ "$now" = "$1" ] || return 0
		sleep 0.5
	done
	die "batch-serve did not come back: $(systemctl show -P Result -P ExecMainStatus batch-serve)"
}

echo "-- it comes back after every end that was not asked for"
for signal in QUIT KILL ABRT SEGV TERM; do # Go ends with code 2 after QUIT, as without memory
	was=$(systemctl show -P MainPID batch-serve)
	kill -$signal "$was"
	alive "$was"
done
echo "-- a watchdog that hears nothing starts it again"
was=$(systemctl show -P MainPID batch-serve)
mkdir -p /run/systemd/system/batch-serve.service.d
printf '[Service]\nWatchdogSec=5s\n' >/run/systemd/system/batch-serve.service.d/test.conf
systemctl daemon-reload
systemctl restart batch-serve
was=$(systemctl show -P MainPID batch-serve)
kill -STOP "$was"
alive "$was"
rm -r /run/systemd/system/batch-serve.service.d
systemctl daemon-reload
systemctl restart batch-serve
echo "-- a reload reads the settings again, and keeps the process"
was=$(systemctl show -P MainPID batch-serve)
systemctl reload batch-serve
for ((i = 0; i < 60; i++)); do
	! journalctl --no-pager -t batch | grep -q 'reading the settings again' || break
	sleep 0.5
done
journalctl --no-pager -t batch | grep -q 'reading the settings again' || die "the reload was not noticed"
[ "$(systemctl show -P MainPID batch-serve)" = "$was" ] || die "a reload started it again"
echo "-- settings that are wrong keep it down"
cp /etc/batch/batch.yaml /opt/batch.yaml
echo 'serve: {memory: much}' >/etc/batch/batch.yaml
! systemctl restart batch-serve 2>/dev/null || die "it started with wrong settings"
sleep 12
[ "$(systemctl show -P ExecMainStatus batch-serve)" = 78 ] && ! systemctl is-active -q batch-serve || die "it is not down with code 78"
cp /opt/batch.yaml /etc/batch/batch.yaml
systemctl start batch-serve || die "it does not start with the old settings"
systemctl stop batch-serve
[ "$(systemctl show -P Result batch-serve)" = success ] || die "batch-serve did not end well: $(systemctl show -P Result batch-serve)"

echo "-- removing the package stops it and leaves the offers"
systemctl start batch-serve
dpkg -r batch >/dev/null
! systemctl is-active -q batch-serve || die "batch-serve is still there"
[ -e $latest ] || die "the result is missing"
echo "-- passed"
PROOF

# A private mount namespace, so that all of it disappears at the end.
unshare --mount --propagation private bash -euo pipefail -c '
	mount -t tmpfs tmpfs "$1/copy"
	mkdir "$1"/copy/{upper,work,root}
	mount -t overlay overlay -o "lowerdir=/,upperdir=$1/copy/upper,workdir=$1/copy/work" "$1/copy/root"
	root=$1/copy/root
	rm -f "$root/etc/machine-id" && touch "$root/etc/machine-id"
	cp "$1"/batch_*.deb "$root/opt/batch.deb"
	cp "$1/proof.sh" "$root/proof.sh"
	cat >"$root/etc/systemd/system/proof.service" <<-UNIT
		[Unit]
		After=basic.target
		[Service]
		Type=oneshot
		StandardOutput=file:/proof.log
		StandardError=file:/proof.log
		ExecStart=/bin/bash /proof.sh
		ExecStopPost=/bin/systemctl --no-block exit 0
	UNIT
	cat >"$root/etc/systemd/system/proof.target" <<-UNIT
		[Unit]
		Requires=basic.target proof.service systemd-journald.service
		AllowIsolate=yes
	UNIT
	ln -sf proof.target "$root/etc/systemd/system/default.target"
	timeout 600 "$1/nspawn/usr/bin/systemd-nspawn" --register=no --keep-unit --private-network --boot -D "$root" </dev/null >"$1/copy/boot.log" 2>&1 ||
		cat "$1/copy/boot.log"
	cat "$root/proof.log"
	tail -n 1 "$root/proof.log" | grep -q "^-- passed"
' bash "$work"
