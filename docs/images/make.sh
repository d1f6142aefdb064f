#!/usr/bin/env bash
# Makes the picture of the README from the result of the worked example. Needs Go,
# LibreOffice Calc and poppler's pdftoppm.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

go run ./cmd/batch init "$work/offer" >/dev/null
go run ./cmd/batch run "$work/offer" >/dev/null 2>&1 || [ $? = 1 ] # go run turns exit code 3 into 1
soffice "-env:UserInstallation=file://$work/profile" --headless --convert-to pdf \
	--outdir "$work" "$work/offer/runs/latest/result.xlsx" >/dev/null
pdftoppm -r 130 -png -f 1 -l 1 -singlefile -x 50 -y 45 -W 1345 -H 620 "$work/result.pdf" docs/images/summary
