package export

import (
	"encoding/json"
	"io"

	"tenderbatch/internal/display"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/tender"
)

// The types of result.json; docs/result.md describes them. A field's order here
// is its order in the file.
type (
	// Document is the whole of a result.json.
	Document struct {
		Format   int          `json:"format_version"` // see [FormatVersion]; 0 for runs that did not say
		Offer    string       `json:"offer"`
		Issuer   string       `json:"issuer"`
		Run      string       `json:"run"`
		Version  string       `json:"program_version"`
		Phase    tender.Phase `json:"phase"`
		AsOf     string       `json:"as_of"`
		Replaces string       `json:"replaces,omitempty"`
		Held     string       `json:"held"`
		Masked   bool         `json:"masked,omitempty"` // pseudonyms are in place of names

		Release      *tender.ReleaseRule `json:"release,omitempty"` // what it takes until the run may be paid on
		Decisions    []tender.Decision   `json:"decisions"`
		Terms        termsJSON           `json:"terms"`
		Series       []seriesJSON        `json:"series"`
		Caps         []capJSON           `json:"caps"`
		Totals       *totalsJSON         `json:"totals"`
		Funding      []fundingJSON       `json:"funding"`
		ByDepositary []depositaryJSON    `json:"funding_by_depositary"`
		Wires        []WireJSON          `json:"wires"`
		Payments     []paymentJSON       `json:"payments"`
		WireChanges  *WireChangesJSON    `json:"wire_changes"`
		Steps        []stepJSON          `json:"steps"`
		Pools        []poolJSON          `json:"pools,omitempty"`
		Auctions     []auctionJSON       `json:"auctions,omitempty"`
		Received     []receivedJSON      `json:"received"`
		Counts       countsJSON          `json:"counts"`
		Inputs       []inputJSON         `json:"inputs"`
		Rejects      []FindingJSON       `json:"rejects"`
		Changes      *changesJSON        `json:"changes"`
		Snapshots    *SnapshotsJSON      `json:"snapshots"`
		Warnings     []tender.Warning    `json:"warnings"`
		Invariants   []invariantJSON     `json:"invariants"`
	}
	termsJSON struct {
		Version    int             `json:"version"`
		Digest     string          `json:"digest"`
		Amendments []amendmentJSON `json:"amendments"`
		Conditions []conditionJSON `json:"conditions"`
		Rates      []rateJSON      `json:"rates"`
		Changed    []termJSON      `json:"changed_in_place"`
	}
	amendmentJSON struct {
		Effective string `json:"effective"`
		Note      string `json:"note"`
	}
	conditionJSON struct {
		Name      string       `json:"name"`
		Text      string       `json:"text"`
		Satisfied bool         `json:"satisfied"`
		Minimum   *minimumJSON `json:"minimum_tendered"`
	}
	minimumJSON struct {
		Amount   string   `json:"amount"`
		Currency string   `json:"currency"`
		Series   []string `json:"series"`
		Tendered string   `json:"tendered"`
	}
	rateJSON struct {
		From   string `json:"from"`
		To     string `json:"to"`
		Rate   string `json:"rate"`
		Date   string `json:"date"`
		Source string `json:"source"`
	}
	seriesJSON struct {
		ID                 string  `json:"id"`
		Title              string  `json:"title"`
		Currency           string  `json:"currency"`
		Pool               string  `json:"pool,omitempty"`
		Priority           int     `json:"priority"`
		Outstanding        string  `json:"outstanding"`
		Maximum            *string `json:"maximum_offer_amount"`
		Consideration      *string `json:"tender_offer_consideration"` // null: there is no price yet
		EarlyPayment       string  `json:"early_tender_payment"`
		TotalConsideration *string `json:"total_consideration"`
		TenderedEarly      string  `json:"tendered_early"`
		TenderedLate       string  `json:"tendered_late"`
		Tendered           string  `json:"tendered"`
		PercentOutstanding string  `json:"percent_outstanding"`
		AcceptedEarly      string  `json:"accepted_early"`
		AcceptedLate       string  `json:"accepted_late"`
		Accepted           string  `json:"accepted"`
		Returned           string  `json:"returned"`
		Factor             string  `json:"factor"`
		FactorEarly        string  `json:"factor_early"`
		FactorLate         string  `json:"factor_late"`

		Pricing *pricingJSON `json:"pricing,omitempty"` // of a series at a spread
	}
	capJSON struct {
		Name     string         `json:"name"`
		Amount   string         `json:"amount"`
		Currency string         `json:"currency"`
		Measure  tender.Measure `json:"measure"`
		Series   []string       `json:"series"`
		Used     string         `json:"used"`
		Left     string         `json:"left"`

		Unpriced []string `json:"not_applied_without_prices_of,omitempty"`
		Unrated  []string `json:"not_applied_without_rates_of,omitempty"`
	}
	totalsJSON struct {
		Currency string `json:"currency"`
		Tendered string `json:"tendered"`
		Accepted string `json:"accepted"`

		Without []string `json:"without,omitempty"` // currencies left out for want of a rate
	}
	fundingJSON struct {
		Currency       string        `json:"currency"`
		SettlementDate string        `json:"settlement_date"`
		Status         settle.Status `json:"status"`
		Wires          int           `json:"wires"`
		Principal      string        `json:"principal"`
		cashJSON
		PaidAlready bool `json:"paid_already,omitempty"` // is read only: version 0.1 wrote it for the status
	}
	cashJSON struct {
		Consideration   string `json:"consideration"`
		EarlyPayment    string `json:"early_payment"`
		AccruedInterest string `json:"accrued_interest"`
		Total           string `json:"total"`
	}
	depositaryJSON struct {
		Depositary string `json:"depositary"`
		fundingJSON
	}
	partyJSON struct {
		Reference       string        `json:"reference"`
		Status          settle.Status `json:"status"`
		Depositary      string        `json:"depositary"`
		Participant     string        `json:"participant"`
		ParticipantName string        `json:"participant_name"`
		Currency        string        `json:"currency"`
		SettlementDate  string        `json:"settlement_date"`
	}
	WireJSON struct {
		partyJSON
		Payments int    `json:"payments"`
		Accepted string `json:"accepted"`
		cashJSON
	}
	paymentJSON struct {
		partyJSON
		Series   string `json:"series"`
		Accepted string `json:"accepted"`
		cashJSON
	}
	stepJSON struct {
		Settled bool            `json:"settled_early"`
		On      string          `json:"settled_on,omitempty"`
		Pool    string          `json:"pool,omitempty"`
		Auction string          `json:"auction,omitempty"`
		Bid     string          `json:"bid,omitempty"`
		Level   int             `json:"level"`
		Windows []tender.Window `json:"windows"`
		Shares  []shareJSON     `json:"shares"`
		Caps    []capStepJSON   `json:"caps"`
	}
	shareJSON struct {
		Series   string        `json:"series"`
		Window   tender.Window `json:"window"`
		Demand   string        `json:"demand"`
		Accepted string        `json:"accepted"`
		Factor   string        `json:"factor"`
		Code     string        `json:"code"`
		Reason   string        `json:"reason"`
	}
	capStepJSON struct {
		Name   string `json:"name"`
		Before string `json:"before"`
		After  string `json:"after"`
		Bound  bool   `json:"bound"`
	}
	countsJSON struct {
		Rows       int `json:"rows"`
		Counted    int `json:"counted"`
		NotCounted int `json:"not_counted"`
		Rejected   int `json:"rejected"`
		Waived     int `json:"waived"`
		Open       int `json:"open"`
		Carried    int `json:"carried"`
	}
	inputJSON struct {
		Depositary string   `json:"depositary"`
		File       string   `json:"file"`
		Reported   string   `json:"reported"`
		Sheet      string   `json:"sheet"`
		SHA256     string   `json:"sha256"`
		Bytes      int64    `json:"bytes"`
		Rows       int      `json:"rows"`
		Counted    int      `json:"counted"`
		NotCounted int      `json:"not_counted"`
		Rejected   int      `json:"rejected"`
		Principal  string   `json:"principal"`
		Unread     []string `json:"columns_not_read"`
	}
	changesJSON struct {
		Previous     string             `json:"previous"`
		Series       []seriesChangeJSON `json:"series"`
		Instructions []changeJSON       `json:"instructions"`
	}
	seriesChangeJSON struct {
		Series      string `json:"series"`
		TenderedWas string `json:"tendered_was"`
		TenderedNow string `json:"tendered_now"`
		AcceptedWas string `json:"accepted_was"`
		AcceptedNow string `json:"accepted_now"`
		CashWas     string `json:"cash_was"`
		CashNow     string `json:"cash_now"`
	}
	changeJSON struct {
		Kind        result.ChangeKind `json:"kind"`
		Depositary  string            `json:"depositary"`
		Instruction string            `json:"instruction"`
		Was         *positionJSON     `json:"was"`
		Now         *positionJSON     `json:"now"`
	}
	positionJSON struct {
		Series   string        `json:"series"`
		Window   tender.Window `json:"window"`
		Tendered string        `json:"tendered"`
		Accepted string        `json:"accepted"`
		Total    string        `json:"total"`
	}
	invariantJSON struct {
		Name   string `json:"name"`
		Holds  bool   `json:"holds"`
		Detail string `json:"detail"`
	}
)

// EncodeJSON writes JSON for machines that a person can read, too.
func EncodeJSON(w io.Writer, value any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(value)
}

// WriteJSON writes result.json: the run for machines. Every amount is a decimal
// in a string, so that no reader rounds it.
func WriteJSON(w io.Writer, r *result.Run) error {
	return EncodeJSON(w, Document{
		Format: FormatVersion, Offer: r.Offer.ID, Issuer: r.Offer.Issuer, Run: r.Name, Version: r.Version,
		Phase: r.Phase, AsOf: display.Stamp(r.AsOf, r.Offer.Zone), Replaces: r.Replaces, Held: r.Held,
		Masked: r.Masked, Release: r.Offer.Release,
		Decisions: List(r.Decisions, func(d tender.Decision) tender.Decision { return d }),
		Terms:     newTermsJSON(r), Series: newSeriesJSON(r), Caps: newCapsJSON(r), Totals: newTotalsJSON(r),
		Funding: List(r.Settlement.Funding, newFundingJSON), ByDepositary: newByDepositaryJSON(r),
		Wires: newWiresJSON(r), Payments: newPaymentsJSON(r), WireChanges: WireChangesOf(r.WireChanges),
		Steps: newStepsJSON(r), Pools: newPoolsJSON(r), Auctions: newAuctionsJSON(r), Received: newReceivedJSON(r),
		Counts: countsJSON(r.Counts()),
		Inputs: newInputsJSON(r), Rejects: FindingsJSON(r.Offer, r.Findings, r.Accepted()), Changes: newChangesJSON(r),
		Snapshots: SnapshotsAsJSON(r),
		Warnings:  List(r.AllWarnings(), func(w tender.Warning) tender.Warning { return w }),
		Invariants: List(r.Invariants, func(inv tender.Invariant) invariantJSON {
			return invariantJSON{inv.Name, inv.Holds, inv.Detail}
		}),
	})
}

// List turns each element into its JSON; an empty list is [], never null.
func List[From, To any](from []From, turn func(From) To) []To {
	to := make([]To, len(from))
	for i, f := range from {
		to[i] = turn(f)
	}
	return to
}

func newConditionJSON(r *result.Run, c *tender.Condition) conditionJSON {
	j := conditionJSON{Name: c.Name, Text: c.Text, Satisfied: r.Satisfied(c)}
	if m := c.Minimum; m != nil {
		j.Minimum = &minimumJSON{m.Amount.String(), m.Currency, List(m.Series, func(id string) string { return id }),
			m.Tendered(r.Offer, r.Book).String()}
	}
	return j
}

func newTermsJSON(r *result.Run) termsJSON {
	o := r.Offer
	return termsJSON{
		Version: o.Version(), Digest: o.TermsDigest,
		Amendments: List(o.Amendments, func(a tender.Amendment) amendmentJSON {
			return amendmentJSON{display.Stamp(a.Effective, o.Zone), a.Note}
		}),
		Conditions: List(o.Conditions, func(c tender.Condition) conditionJSON { return newConditionJSON(r, &c) }),
		Rates: List(o.KnownRates(), func(x tender.Rate) rateJSON {
			return rateJSON{x.From, x.To, x.Rate.String(), x.Date.String(), x.Source}
		}),
		Changed: List(r.TermChanges, termDiffJSON),
	}
}

func newSeriesJSON(r *result.Run) []seriesJSON {
	all := make([]seriesJSON, len(r.Offer.Series))
	for i, s := range r.Offer.Series {
		f := r.SeriesFigures(i)
		consideration, total := pricesJSON(&s)
		all[i] = seriesJSON{
			ID: s.ID, Title: s.Title, Currency: s.Currency, Pool: s.Pool, Priority: s.Priority,
			Outstanding: s.Outstanding.String(), Maximum: maximum(s),
			Consideration: consideration, EarlyPayment: s.EarlyTenderPayment.String(), TotalConsideration: total,
			TenderedEarly: f.Early.String(), TenderedLate: f.Late.String(), Tendered: f.Tendered().String(),
			PercentOutstanding: result.Share(f.Tendered(), s.Outstanding, 3).Shift(2).StringFixed(1),
			AcceptedEarly:      f.AcceptedEarly.String(), AcceptedLate: f.AcceptedLate.String(),
			Accepted: f.Accepted().String(), Returned: f.Left.String(),
			Factor:      r.Allocation.Series[i].Factor().String(),
			FactorEarly: r.Allocation.Series[i].EarlyFactor.String(),
			FactorLate:  r.Allocation.Series[i].LateFactor.String(),
			Pricing:     newPricingJSON(r, i),
		}
	}
	return all
}

func maximum(s tender.Series) *string {
	if !s.HasMaximum {
		return nil
	}
	amount := s.MaximumOfferAmount.String()
	return &amount
}

func newCapsJSON(r *result.Run) []capJSON {
	all := make([]capJSON, len(r.Allocation.Caps))
	for i, c := range r.Allocation.Caps {
		all[i] = capJSON{
			Name: c.Name, Amount: c.Amount.String(), Currency: c.Currency, Measure: c.Measure,
			Series: append([]string{}, c.Series...), Used: c.Used.String(), Left: c.Left.String(),
			Unpriced: c.Unpriced, Unrated: c.Unrated,
		}
	}
	return all
}

func newTotalsJSON(r *result.Run) *totalsJSON {
	tendered, ok := r.Total(result.Figures.Tendered)
	if !ok {
		return nil
	}
	accepted, _ := r.Total(result.Figures.Accepted)
	currency := r.Offer.TotalCurrency()
	_, without := r.RatedCurrencies()
	return &totalsJSON{currency, tender.CashText(tendered, currency), tender.CashText(accepted, currency), without}
}

func newFundingJSON(f settle.Funding) fundingJSON {
	return fundingJSON{
		Currency: f.Currency, SettlementDate: f.Date.String(), Status: f.Status, Wires: f.Wires,
		Principal: f.Accepted.String(), cashJSON: newCashJSON(&f.Cash, f.Currency),
	}
}

func newCashJSON(c *settle.Cash, currency string) cashJSON {
	return cashJSON{
		tender.CashText(c.Consideration, currency), tender.CashText(c.EarlyPayment, currency),
		tender.CashText(c.AccruedInterest, currency), tender.CashText(c.Total(), currency),
	}
}

func newByDepositaryJSON(r *result.Run) []depositaryJSON {
	return List(r.Settlement.ByDepositary, func(f settle.DepositaryFunding) depositaryJSON {
		return depositaryJSON{f.Depositary, newFundingJSON(f.Funding)}
	})
}

func newPartyJSON(reference string, p *settle.Party) partyJSON {
	return partyJSON{reference, p.Status, p.Depositary, p.Participant, p.ParticipantName, p.Currency, p.Date.String()}
}

func newWiresJSON(r *result.Run) []WireJSON {
	return List(r.Settlement.Wires, func(x settle.Wire) WireJSON {
		return WireJSON{newPartyJSON(x.Reference, &x.Party), len(x.Payments), x.Accepted.String(),
			newCashJSON(&x.Cash, x.Currency)}
	})
}

func newPaymentsJSON(r *result.Run) []paymentJSON {
	return List(r.Settlement.Payments, func(p settle.Payment) paymentJSON {
		return paymentJSON{newPartyJSON(p.Reference, &p.Party), p.Series, p.Accepted.String(),
			newCashJSON(&p.Cash, p.Currency)}
	})
}

func newStepsJSON(r *result.Run) []stepJSON {
	all := make([]stepJSON, len(r.Allocation.Steps))
	for i, s := range r.Allocation.Steps {
		step := stepJSON{Settled: s.Settled, On: s.On.String(), Pool: s.Pool, Auction: s.Auction, Bid: s.Bid, Level: s.Level,
			Windows: append([]tender.Window{}, s.Windows...),
			Shares:  []shareJSON{}, Caps: []capStepJSON{}}
		for _, sh := range s.Shares {
			step.Shares = append(step.Shares, shareJSON{
				sh.Series, sh.Window, sh.Demand.String(), sh.Accepted.String(), sh.Factor.String(),
				string(sh.Reason.Code), sh.Reason.String(),
			})
		}
		for _, c := range s.Caps {
			step.Caps = append(step.Caps, capStepJSON{c.Cap, c.Before.String(), c.After.String(), c.Bound})
		}
		all[i] = step
	}
	return all
}

func newInputsJSON(r *result.Run) []inputJSON {
	return List(r.Inputs, func(in result.Input) inputJSON {
		return inputJSON{
			in.Depositary, in.File, in.Reported.String(), in.Sheet, in.SHA256, in.Bytes,
			in.Rows, in.Counted, in.NotCounted, in.Rejected, in.Principal.String(), append([]string{}, in.Unread...),
		}
	})
}

func newChangesJSON(r *result.Run) *changesJSON {
	if r.Changes == nil {
		return nil
	}
	return &changesJSON{
		Previous: r.Changes.Previous,
		Series: List(r.Changes.Series, func(c result.SeriesChange) seriesChangeJSON {
			return seriesChangeJSON{
				c.Series, c.TenderedWas.String(), c.TenderedNow.String(),
				c.AcceptedWas.String(), c.AcceptedNow.String(),
				tender.CashText(c.CashWas, r.CurrencyOf(c.Series)), tender.CashText(c.CashNow, r.CurrencyOf(c.Series)),
			}
		}),
		Instructions: List(r.Changes.Lines, func(c result.Change) changeJSON {
			return changeJSON{c.Kind, c.Depositary, c.Instruction, newPositionJSON(r, c.Was), newPositionJSON(r, c.Now)}
		}),
	}
}

// positionJSON is null for an instruction that did not count.
func newPositionJSON(r *result.Run, p result.Position) *positionJSON {
	if p.Counted() {
		return &positionJSON{
			p.Series, p.Window, p.Tendered.String(), p.Accepted.String(),
			tender.CashText(p.Total, r.CurrencyOf(p.Series)),
		}
	}
	return nil
}
