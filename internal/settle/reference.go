package settle

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

// mostReference is how many characters a reference may have: that of the end-to-end
// identification of ISO 20022 payments.
const mostReference = 35

// Reference is the payment reference of a wire, such as 0901-USD-20041202-7K3QX9M2TB:
// the first letters and digits of the participant, the currency, the day, and a
// check part that follows from offer, depositary, participant, currency and day. So
// it stays the same from run to run, whatever the amount, and no two wires of an
// offer share one. additional marks a wire to a participant who was paid in that
// currency for that day already. It has at most 35 characters, all of them letters,
// digits and hyphens, as the end-to-end identification of ISO 20022 payments allows.
func Reference(offer string, p Party, additional bool) string {
	day := fmt.Sprintf("%04d%02d%02d", p.Date.Year, p.Date.Month, p.Date.Day)
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %s %t", offer, p.Depositary, p.Participant, p.Currency, day,
		additional))
	return shortName(p.Participant) + "-" + p.Currency + "-" + day + "-" + checkPart(sum)
}

// shortName is what a reference shows of a participant.
func shortName(participant string) string {
	const most = 8
	var name strings.Builder
	for _, r := range strings.ToUpper(participant) {
		if name.Len() < most && ((r >= 'A' && r <= 'Z') || (r >= '0' && r <= '9')) {
			name.WriteRune(r)
		}
	}
	if name.Len() == 0 {
		return "X"
	}
	return name.String()
}

// checkPart is the first 50 bits of a digest in Crockford's base 32, which has no
// letters that look like digits.
func checkPart(sum [sha256.Size]byte) string {
	const letters, size = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", 10
	part := make([]byte, size)
	for i := range part {
		bit := 5 * i
		two := uint(sum[bit/8])<<8 | uint(sum[bit/8+1])
		part[i] = letters[two>>(11-bit%8)&31]
	}
	return string(part)
}

// refer gives the wires, what is due before what is paid, and their payments their
// references.
func refer(offer string, wires []Wire) {
	paid := map[Party]bool{}
	for i := range wires {
		if wires[i].Status == Paid {
			paid[wires[i].Party] = true
		}
	}
	for i := range wires {
		w := &wires[i]
		before := w.Party
		before.Status = Paid
		w.Reference = Reference(offer, w.Party, w.Status == Due && paid[before])
		for n := range w.Payments {
			w.Payments[n].Reference = w.Reference
		}
	}
}
