#!/usr/bin/env bash
# Makes the pictures of the worked example's result: the first printed page of every
# sheet, and the Summary of the README. Needs Go, LibreOffice Calc and poppler's
# pdftoppm and pdftotext.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The pictures show no machine's name and the day of the offer.
go build -ldflags "-X main.stoppedClock=2004-12-02T14:05:00Z" -o "$work/batch" ./cmd/batch
batch() { unshare --map-root-user --uts sh -c 'hostname example && exec "$0" "$@"' "$work/batch" "$@"; }
batch init "$work/offer" >/dev/null
# The run of the day of the decision comes first, so that Changes has something to show.
for as_of in 2004-11-12T17:00 2004-12-02T00:00; do
	batch run "$work/offer" --as-of "$as_of" >/dev/null 2>&1 || [ $? = 3 ]
done
soffice "-env:UserInstallation=file://$work/profile" --headless --convert-to pdf \
	--outdir "$work" "$work/offer/runs/latest/result.xlsx" >/dev/null

pages=$(pdfinfo "$work/result.pdf" | sed -n 's/^Pages: *//p')
seen=" "
for page in $(seq "$pages"); do
	# The footer names the sheet.
	sheet=$(pdftotext -layout -f "$page" -l "$page" "$work/result.pdf" - |
		sed -n 's/.* \([A-Z][a-z]*\) *Page [0-9]* of [0-9]*$/\1/p' | tr '[:upper:]' '[:lower:]')
	case "$seen" in *" $sheet "*) continue ;; esac
	seen="$seen$sheet "
	[ "$sheet" != summary ] || continue # below
	# Of the long lists the top shows enough; Timeline and Controls are shown whole.
	height=680
	case "$sheet" in timeline | controls) height=1078 ;; waterfall) height=560 ;; funding) height=460 ;; esac
	pdftoppm -png -f "$page" -l "$page" -singlefile -scale-to-x 1500 -scale-to-y -1 \
		-x 30 -y 30 -W 1440 -H "$height" "$work/result.pdf" "docs/images/$sheet"
done
pdftoppm -r 130 -png -f 1 -l 1 -singlefile -x 25 -y 45 -W 1385 -H 1000 "$work/result.pdf" docs/images/summary
