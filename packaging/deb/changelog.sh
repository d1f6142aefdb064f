#!/usr/bin/env bash
# Rewrites CHANGELOG.md, from its input, in Debian's format: changelog.sh VERSION MAINTAINER
#
# The newest entry gets VERSION and the time SOURCE_DATE_EPOCH.
set -euo pipefail

item="" end="" # the item and the end of the entry that are not printed yet
item() {
	[ -z "$item" ] || fmt -w 74 <<<"$item" | sed '1s/^/  * /; 2,$s/^/    /'
	item=""
}
entry() {
	item
	[ -z "$end" ] || printf '\n%s\n\n' "$end"
	printf 'batch (%s) unstable; urgency=medium\n\n' "$1"
	end=" -- $maintainer  $(LC_ALL=C date -u -d "$2" '+%a, %d %b %Y %T +0000')"
}

newest=$1 maintainer=$2
while IFS= read -r line; do
	case $line in
	'## '*)
		version=${line#\#\# } day=${line##*\(}
		if [ -z "$end" ]; then entry "$newest" "@$SOURCE_DATE_EPOCH"; else entry "${version%% *}" "${day%\)}"; fi
		;;
	'### '*) item && printf '  [ %s ]\n' "${line#\#\#\# }" ;;
	'- '*) item && item=${line#- } ;;
	'  '*) item+=" ${line#  }" ;;
	esac
done
item
printf '\n%s\n' "$end"
