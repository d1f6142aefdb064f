package workbook

import (
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/result"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

// workbook is result.xlsx as it is put together. The sheets are laid out here,
// cell by cell; excelize then writes what is around the rows: styles, columns,
// names, charts and print set-up.
type workbook struct {
	frame spreadsheet.Frame
	run   *result.Run
	tally *tally
	terms int // row of the first fact about the terms on Summary

	awaited tender.Date // nothing of it is wired by this run; zero if there is no such day
	byLevel []int       // places of the series in the offer, in the order of Summary

	summary, waterfall, funding    *spreadsheet.Sheet
	auctions                       *spreadsheet.Sheet // nil: there is none
	wireChanges                    *spreadsheet.Sheet // nil: the run supersedes none
	snapshots                      *spreadsheet.Sheet // nil: no report was compared
	instructions, rejects, changes *spreadsheet.Sheet
	timeline, controls             *spreadsheet.Sheet
	pricing                        *spreadsheet.Sheet   // nil: no price was computed
	pricedSeries                   []*priced            // by position in the offer
	totals                         []string             // addresses of the Total Considerations on Summary, by position
	lines                          *spreadsheet.Listing // rows of Instructions
	wires, payments                *moneyList
	paid                           *moneyList       // nil: nothing was paid before
	fundingRows, results           spreadsheet.Area // rows that others refer to
}

// WriteWorkbook writes result.xlsx, the run for people.
func WriteWorkbook(w io.Writer, r *result.Run) error {
	return writeWorkbook(w, r, excelize.TotalRows)
}

func writeWorkbook(w io.Writer, r *result.Run, rowsPerSheet int) error {
	b := &workbook{frame: frameOf(r, rowsPerSheet), run: r, tally: newTally(r), awaited: r.Offer.DayAwaited(r.Warnings)}
	b.layInstructions()
	b.layMoney() // after the instructions, where its references lead
	if c := r.WireChanges; c != nil {
		b.wireChanges = layWireChanges(&b.frame, c, "Wire changes against the superseded run "+c.Superseded,
			"Additional payments and claims apply to what was sent for the superseded run. What was not sent yet is paid by "+
				"the sheet Wires.")
	}
	b.layFunding()
	b.layWaterfall()
	b.layAuctions()
	b.laySummary()
	b.layPricing()
	b.layRejects()
	b.layChanges()
	b.laySnapshots()
	b.layTimeline()
	b.layControls()
	if err := b.frame.Write(w, b.sheets()); err != nil {
		return fmt.Errorf("workbook: %w", err)
	}
	return nil
}

// sheets are all sheets in their order.
func (b *workbook) sheets() []*spreadsheet.Sheet {
	var all []*spreadsheet.Sheet
	add := func(sheets ...*spreadsheet.Sheet) {
		for _, s := range sheets {
			for ; s != nil; s = s.Next {
				all = append(all, s)
			}
		}
	}
	add(b.summary, b.waterfall, b.auctions, b.funding, b.wires.rows.First(), b.payments.rows.First())
	if b.paid != nil {
		add(b.paid.rows.First())
	}
	add(b.wireChanges, b.pricing, b.instructions, b.rejects, b.changes, b.snapshots, b.timeline, b.controls)
	return all
}

func frameOf(r *result.Run, rowsPerSheet int) spreadsheet.Frame {
	return spreadsheet.Frame{
		Title:   fmt.Sprintf("%s: %s result of the tender offer %s", r.Offer.Issuer, kindOf(r), r.Offer.ID),
		Subject: "Run " + r.Name,
		Version: r.Version, Made: r.AsOf,
		Subtitle:   fmt.Sprintf("%s  ·  cash tender offer %s  ·  run %s", r.Offer.Issuer, r.Offer.ID, r.Name),
		Banner:     banner(r),
		Indicative: r.Phase != tender.Final, Hypothetical: r.Supposed != "",
		Footer: r.Name, Paper: r.Offer.PrintedOn(), RowsPerSheet: rowsPerSheet,
	}
}

// kindOf is what kind of result a run is, for the title of the workbook.
func kindOf(r *result.Run) string {
	if r.Supposed != "" {
		return "hypothetical"
	}
	return string(r.Phase)
}

// banner says whether the run is indicative or final.
func banner(r *result.Run) spreadsheet.Cell {
	asOf := tender.WallTime(r.AsOf, r.Offer.Zone)
	switch {
	case r.Supposed != "":
		return spreadsheet.Label("WHAT IF, as of " + asOf + ": " + r.Supposed + ". Hypothetical: nothing of this is " +
			"published, and nothing may be paid from it").As(spreadsheet.InBanner).WithTone(spreadsheet.Bad)
	case r.Masked:
		return spreadsheet.Label(strings.ToUpper(string(r.Phase)) + " as of " + asOf + ". Pseudonyms are in place of names: " +
			"nothing can be paid from this copy").As(spreadsheet.InBanner).WithTone(spreadsheet.Doubtful)
	case r.Held != "":
		return spreadsheet.Label("FINAL as of " + asOf + ", NOT IN FORCE: " +
			r.Held).As(spreadsheet.InBanner).WithTone(spreadsheet.Doubtful)
	case r.Phase == tender.Final && r.MustBeReleased():
		return spreadsheet.Label("FINAL as of " + asOf + ". " +
			onceReleased).As(spreadsheet.InBanner).WithTone(spreadsheet.Doubtful)
	case r.Phase == tender.Final:
		return spreadsheet.Label("FINAL as of " + asOf).As(spreadsheet.InBanner)
	}
	words := "INDICATIVE as of " + asOf + ": figures can change until the Expiration Date"
	if r.MustBeReleased() {
		words += ". " + onceReleased
	}
	return spreadsheet.Label(words).As(spreadsheet.InBanner).WithTone(spreadsheet.Doubtful)
}

// onceReleased is what the band of a run says that must be released: the file never changes, and
// only the program knows whether the run was.
const onceReleased = "Computed; in force only once released: see batch runs show"
