package values

import (
	"fmt"
	"maps"
	"strings"

	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
)

// knownStatuses are DTC's codes and plain words, in capitals. The codes REMD,
// SWUN and RECY are left out on purpose: what they mean for the offer must be
// decided there.
var knownStatuses = statusTable(map[tender.Status]string{
	tender.Tendered:  "MADE|TENDERED|TENDER|ACCEPTED|VALID",
	tender.Pending:   "PEND|PDOC|PENA|PENDING",
	tender.Withdrawn: "WITH|WITHDRAWN|WITHDRAWAL",
	tender.Rejected:  "CANC|CCAN|DROP|REJA|REJT|RESC|CANCELLED|CANCELED|REJECTED|DROPPED|RESCINDED|INVALID",
})

func statusTable(words map[tender.Status]string) map[string]tender.Status {
	table := make(map[string]tender.Status)
	for status, list := range words {
		for word := range strings.SplitSeq(list, "|") {
			table[word] = status
		}
	}
	return table
}

// StatusesOf are the codes a depositary uses: the known ones, and those of the
// offer, which go before.
func StatusesOf(d tender.Depositary) map[string]tender.Status {
	table := maps.Clone(knownStatuses)
	for code, status := range d.Statuses {
		table[strings.ToUpper(Trim(code))] = status
	}
	return table
}

// UnknownStatus says what to paste into the offer.
func UnknownStatus(code string, d tender.Depositary) *Fault {
	if code == "" {
		return &Fault{tender.RuleStatus, "the status is blank", "ask the depositary for the status"}
	}
	return &Fault{tender.RuleStatus, "the status code is not known",
		fmt.Sprintf("say what it means, in the offer at depositary %s: statuses: {%s: …}, with tendered, pending, "+
			"withdrawn or rejected", d.Name, display.Quote(code))}
}

// The words for how notes are delivered, in the form of normal. Yes and no are
// answers only where the heading asks for guaranteed delivery.
var (
	deliveries = map[string]tender.Delivery{
		"bookentry": tender.BookEntry, "bookentrytransfer": tender.BookEntry, "book": tender.BookEntry,
		"be":                 tender.BookEntry,
		"guaranteeddelivery": tender.GuaranteedDelivery, "guaranteed": tender.GuaranteedDelivery,
		"nogd":                       tender.GuaranteedDelivery,
		"noticeofguaranteeddelivery": tender.GuaranteedDelivery, "protect": tender.GuaranteedDelivery,
		"protected": tender.GuaranteedDelivery,
		"gd":        tender.GuaranteedDelivery,
	}
	answers = map[string]tender.Delivery{
		"y": tender.GuaranteedDelivery, "yes": tender.GuaranteedDelivery,
		"n": tender.BookEntry, "no": tender.BookEntry,
	}
)

// ReadDelivery reads how the notes are delivered; blank is by book-entry.
func ReadDelivery(text string, asks bool) (tender.Delivery, *Fault) {
	key := Normal(text)
	if key == "" && text == "" {
		return tender.BookEntry, nil
	}
	if d, ok := deliveries[key]; ok {
		return d, nil
	}
	if d, ok := answers[key]; ok && asks {
		return d, nil
	}
	return "", &Fault{tender.RuleDelivery, "the delivery is neither book-entry nor guaranteed delivery",
		"ask the depositary how the notes are delivered"}
}
