package offerfile

import (
	"strings"

	"tenderbatch/internal/display"
)

// nearest returns the candidate that name is most likely a slip for, and
// whether there is one: at most a third of the characters may differ, and at most
// three.
func nearest(name string, candidates []string) (string, bool) {
	best, least := "", min(max(1, len([]rune(name))/3), 3)
	for _, c := range candidates {
		if d := slips(folded(name), folded(c)); d <= least && (best == "" || d < least) {
			best, least = c, d
		}
	}
	return best, best != ""
}

// instead says what to write instead of a name that is not among the names.
func instead(name string, names []string) string {
	if near, ok := nearest(name, names); ok {
		return "did you mean " + display.Quote(near) + "?"
	}
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = display.Quote(n)
	}
	return "write " + oneOf(quoted)
}

// folded is a name without what is easily mistaken: case, and how words are
// joined.
func folded(s string) []rune {
	return []rune(strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(s)))
}

// slips counts the characters typed wrong, left out, added or exchanged with
// their neighbour between two words.
func slips(a, b []rune) int {
	const tooFar = 64
	if len(a) > tooFar || len(b) > tooFar {
		return tooFar
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
