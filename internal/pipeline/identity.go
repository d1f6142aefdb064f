package pipeline

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tenderbatch/internal/result"
)

// rulesVersion counts the changes of the rules that can change a result; it is
// part of a run's identity.
const rulesVersion = 2

// identity is the SHA-256 of all that a run's result follows from: the rules,
// the terms in force, the phase, the files and the lines of the book. The as-of
// instant is not part of it: the same book at a later hour is the same run.
func identity(r *result.Run) string {
	digest := sha256.New()
	fmt.Fprintf(digest, "rules %d\noffer %q\nterms %s\nphase %s\n", rulesVersion, r.Offer.ID, r.Offer.TermsDigest, r.Phase)
	for _, in := range r.Inputs {
		fmt.Fprintf(digest, "input %q %q %s\n", in.Depositary, in.File, in.SHA256)
	}
	var line []byte // written as fmt does, but without allocating: there may be a million
	for i := range r.Book.Lines {
		l := &r.Book.Lines[i]
		line = append(line[:0], "line"...)
		for _, text := range [...]string{l.Depositary, l.ID, l.Source.File} {
			line = strconv.AppendQuote(append(line, ' '), text)
		}
		line = strconv.AppendInt(append(line, ' '), int64(l.Source.Row), 10)
		line = append(append(append(line, ' '), l.Window...), '\n')
		digest.Write(line)
		if l.Settled != nil {
			fmt.Fprintf(digest, "settled %s\n", l.Settled.Accepted)
		}
	}
	for i := range r.Findings {
		rej := &r.Findings[i]
		fmt.Fprintf(digest, "reject %q %q %d %s %s\n", rej.Source.File, rej.Source.Sheet, rej.Source.Row, rej.Rule,
			rej.Disposition)
		if isCompared(rej) {
			fmt.Fprintf(digest, "compared %q %q %q\n", rej.Instruction, rej.Message, rej.Resolved)
		}
	}
	return hex.EncodeToString(digest.Sum(nil))
}

// runName is <as-of date>T<time>-<short digest>, in the offer's zone. It has no
// colon, so that it can be a folder's name everywhere.
func runName(asOf time.Time, zone *time.Location, identity string) string {
	stamp := asOf.In(zone).Format("2006-01-02T150405.000")
	return strings.TrimSuffix(stamp, ".000") + "-" + identity[:8]
}
