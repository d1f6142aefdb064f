package termsheet

import (
	"strings"
	"sync"

	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/schema"
	"tenderbatch/internal/tender"
)

// field is a label of the form and the key that is filled in beside it.
type field struct {
	label  string
	key    string // in offer.yaml, from the top or from the item of the list
	beside string // the key whose value is in the cell after, "" for none
	blank  string // what an empty form has already
	price  bool   // shown with two decimals at least
	number bool   // a number, where the reader takes it as a text
}

// block is fields under one title, in a column of their own.
type block struct {
	title  string
	note   string // beside the title, for people; "" for none
	fields []field
}

// table is the items of a list of offer.yaml: one row for each, or one column.
type table struct {
	title, list string
	fields      []field
	columns     bool // each item is a column, and the labels are at the left
	rows        int  // how many items an empty form has room for
}

// Titles of the sheets, by which they are known whatever they are called.
const (
	formTitle    = "Terms of a cash tender offer"
	furtherTitle = "Further terms"
	formSheet    = "Terms"
)

// leftBlocks and rightBlocks are the terms of the offer as a whole, beside each other.
var leftBlocks = []block{
	{"Offer", "", []field{
		{label: "Short name of the offer", key: "id"},
		{label: "Issuer", key: "issuer"},
		{label: "Time zone of all times", key: "timezone", blank: "America/New_York"},
	}},
	{"Dates", "before, or at or before", []field{
		{label: "Launch", key: "dates.launch"},
		{label: "Early Tender Date", key: "dates.early_tender.at", beside: "dates.early_tender.boundary"},
		{label: "Expiration Date", key: "dates.expiration.at", beside: "dates.expiration.boundary"},
		{label: "Withdrawal Deadline, early tenders", key: "withdrawal.early", beside: "withdrawal.early.boundary"},
		{label: "Withdrawal Deadline, late tenders", key: "withdrawal.late", beside: "withdrawal.late.boundary"},
		{label: "Early Settlement Date", key: "dates.settlement.early"},
		{label: "Final Settlement Date", key: "dates.settlement.final"},
		{label: "Guaranteed Delivery Deadline", key: "dates.guaranteed_delivery.deadline.at",
			beside: "dates.guaranteed_delivery.deadline.boundary"},
		{label: "Guaranteed Delivery Settlement", key: "dates.guaranteed_delivery.settlement"},
	}},
}

var rightBlocks = []block{
	{"Acceptance", "", []field{
		{label: "Order of acceptance", key: "acceptance.order"},
		{label: "If a level does not fit whole", key: "acceptance.shortfall"},
		{label: "Proration factor", key: "acceptance.factor", number: true},
		{label: "Accepted part below minimum", key: "acceptance.below_minimum"},
		{label: "Returned part below minimum", key: "acceptance.returned_below_minimum"},
	}},
	{"Prices from yields", "", []field{
		{label: "Price Determination Time", key: "pricing.at"},
		{label: "Priced for settlement", key: "pricing.settlement"},
		{label: "Prices are per principal of", key: "pricing.per"},
		{label: "Decimals of a price", key: "pricing.decimals"},
		{label: "Final interest period", key: "pricing.final_period"},
	}},
	{"Approval of payments", "", []field{
		{label: "Approvals by others", key: "release.approvals", blank: "1"},
		{label: "From which phase on", key: "release.from", blank: "final"},
		{label: "Signed with SSH keys", key: "release.signed", blank: "false"},
	}},
}

var tables = []table{
	{title: "Series of notes", list: "series", columns: true, rows: 6, fields: []field{
		{label: "Series", key: "id"},
		{label: "Title of the notes", key: "title"},
		{label: "CUSIPs and ISINs", key: "securities"},
		{label: "Currency", key: "currency"},
		{label: "Acceptance Priority Level", key: "priority"},
		{label: "Pool", key: "pool"},
		{label: "Principal outstanding", key: "outstanding"},
		{label: "Maximum Offer Amount", key: "maximum_offer_amount"},
		{label: "Minimum denomination", key: "denomination.minimum"},
		{label: "Integral multiple", key: "denomination.multiple"},
		{label: "Tender Offer Consideration", key: "tender_offer_consideration", price: true},
		{label: "Early Tender Payment", key: "early_tender_payment", price: true},
		{label: "Total Consideration", key: "total_consideration", price: true},
		{label: "Reference for the price", key: "spread.reference"},
		{label: "Fixed Spread, basis points", key: "spread.basis_points", number: true},
		{label: "Maturity Date", key: "maturity"},
		{label: "Par Call Date", key: "par_call"},
		{label: "Priced to", key: "horizon"},
		{label: "Coupon, percent a year", key: "interest.coupon", price: true},
		{label: "Day count", key: "interest.day_count"},
		{label: "Interest payments a year", key: "interest.frequency"},
		{label: "Interest last paid", key: "interest.last_paid"},
		{label: "First interest payment", key: "interest.first_payment"},
		{label: "Interest paid on last days of months", key: "interest.end_of_month"},
		{label: "Accretes until", key: "interest.accretes_until"},
	}},
	{title: "Caps", list: "caps", rows: 2, fields: []field{
		{label: "Cap", key: "name"},
		{label: "Amount", key: "amount"},
		{label: "Currency", key: "currency"},
		{label: "Measured as", key: "measure"},
		{label: "Series covered", key: "series"},
	}},
	{title: "Conditions", list: "conditions", rows: 2, fields: []field{
		{label: "Condition", key: "name"},
		{label: "Satisfied", key: "satisfied"},
		{label: "Least tendered", key: "minimum_tendered.amount"},
		{label: "Currency", key: "minimum_tendered.currency"},
		{label: "Of series", key: "minimum_tendered.series"},
		{label: "What it is", key: "text"},
	}},
	{title: "Reference securities and rates", list: "references", rows: 2, fields: []field{
		{label: "Reference", key: "name"},
		{label: "Kind", key: "kind"},
		{label: "Yield, percent", key: "yield", number: true, price: true},
		{label: "Bid price", key: "bid_price"},
		{label: "Coupon", key: "coupon", price: true},
		{label: "Maturity", key: "maturity"},
		{label: "Settlement", key: "settlement"},
	}},
	{title: "Exchange rates", list: "fx", rows: 1, fields: []field{
		{label: "One unit of", key: "from"},
		{label: "Is in", key: "to"},
		{label: "Rate", key: "rate", price: true},
		{label: "Date", key: "date"},
		{label: "Fixed at", key: "at"},
		{label: "Source", key: "source"},
	}},
	{title: "Depositaries", list: "depositaries", rows: 2, fields: []field{
		{label: "Depositary", key: "name"},
		{label: "Names of its files", key: "files"},
		{label: "Reports", key: "reports"},
		{label: "Time zone", key: "timezone"},
		{label: "Expected", key: "expected"},
		{label: "Last report by", key: "closed"},
	}},
}

// kind is what a cell can hold.
type kind int

const (
	texts  kind = iota // a text
	number             // an exact number
	choice             // one of some words
	flag               // yes or no
	day                // a date
	moment             // a wall time, or one with an offset
	list               // texts in one cell
)

// keys is what the reader of offer.yaml asks for; it is found once, as that takes a while.
var keys = sync.OnceValue(offerfile.Keys)

// askedOf is what the reader asks of the value of a key, nil if it knows none.
func askedOf(listName, key string) *schema.Value {
	path := strings.Split(key, ".")
	if listName != "" {
		path = append([]string{listName, "[]"}, path...)
	}
	return keys().Find(path...)
}

// kindOf is the kind of a value, by what the reader asks of it.
func kindOf(v *schema.Value, f field) kind {
	switch {
	case v.IsList():
		return list
	case len(v.Words()) > 0:
		return choice
	case v.IsFlag():
		return flag
	case v.HasPattern(offerfile.InstantPattern):
		return moment
	case v.HasPattern(tender.DateForm):
		return day
	case v.IsNumber() || f.number:
		return number
	}
	return texts
}

// besideOf is the field of the cell after that of f.
func besideOf(f field) field {
	return field{label: f.label + ", whether the time itself is in", key: f.beside}
}

// shown is a word of offer.yaml as the form has it.
func shown(word string) string { return strings.ReplaceAll(word, "_", " ") }

// normal is a label or a word as they are compared: in small letters, with single spaces.
func normal(s string) string {
	return strings.ToLower(strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return r == ' ' || r == '_' || r == '\n' || r == '\u00a0' || r == '\u202f'
	}), " "))
}
