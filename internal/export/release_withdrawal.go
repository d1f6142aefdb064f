package export

import (
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// withdrawalWords say until when tenders can, or could, be withdrawn; "" once the offer has expired.
func withdrawalWords(r *result.Run) string {
	early, late := r.Offer.Withdrawal.Early, r.Offer.Withdrawal.Late
	if r.Phase == tender.Final || late.IsZero() {
		return ""
	}
	verb := func(c tender.CutOff) string {
		if r.AsOf.Before(c.At) {
			return "expire"
		}
		return "expired"
	}
	if r.Offer.Early.IsZero() || early.IsZero() || early.At.Equal(late.At) {
		return "Withdrawal rights " + verb(late) + " " + deadlineWords(r, late) + "."
	}
	second := ""
	if verb(early) != verb(late) {
		second = verb(late) + " "
	}
	return "Withdrawal rights for securities tendered by the Early Tender Date " + verb(early) + " " + deadlineWords(r, early) +
		", and for securities tendered after it " + second + deadlineWords(r, late) + "."
}
