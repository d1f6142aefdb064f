package export

import (
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// workbook is result.xlsx as it is put together. The sheets are laid out here,
// cell by cell; excelize then writes what is around the rows: styles, columns,
// names, charts and print set-up.
type workbook struct {
	volume
	run   *result.Run
	tally *tally
	terms int // row of the first fact about the terms on Summary

	byLevel []int // places of the series in the offer, in the order of Summary

	summary, waterfall, funding    *sheet
	wireChanges                    *sheet // nil: the run supersedes none
	snapshots                      *sheet // nil: no report was compared
	instructions, rejects, changes *sheet
	timeline, controls             *sheet
	lines                          *listing // rows of Instructions
	wires, payments                *moneyList
	paid                           *moneyList // nil: nothing was paid before
	fundingRows, results           area       // rows that others refer to
}

// WriteWorkbook writes result.xlsx, the run for people.
func WriteWorkbook(w io.Writer, r *result.Run) error {
	return writeWorkbook(w, r, excelize.TotalRows)
}

func writeWorkbook(w io.Writer, r *result.Run, rowsPerSheet int) error {
	b := &workbook{volume: volumeOf(r, rowsPerSheet), run: r, tally: newTally(r)}
	b.layInstructions()
	b.layMoney() // after the instructions, where its references lead
	if c := r.WireChanges; c != nil {
		b.wireChanges = b.layWireChanges(c, "Wire changes against the superseded run "+c.Superseded,
			"Additional payments and claims apply to what was sent for the superseded run. What was not sent yet is paid by the sheet Wires.")
	}
	b.layFunding()
	b.layWaterfall()
	b.laySummary()
	b.layRejects()
	b.layChanges()
	b.laySnapshots()
	b.layTimeline()
	b.layControls()
	if err := b.write(w, b.sheets()); err != nil {
		return fmt.Errorf("workbook: %w", err)
	}
	return nil
}

// sheets are all sheets in their order.
func (b *workbook) sheets() []*sheet {
	var all []*sheet
	add := func(sheets ...*sheet) {
		for _, s := range sheets {
			for ; s != nil; s = s.next {
				all = append(all, s)
			}
		}
	}
	add(b.summary, b.waterfall, b.funding, b.wires.first(), b.payments.first())
	if b.paid != nil {
		add(b.paid.first())
	}
	add(b.wireChanges, b.instructions, b.rejects, b.changes, b.snapshots, b.timeline, b.controls)
	return all
}

func volumeOf(r *result.Run, rowsPerSheet int) volume {
	return volume{
		title:   fmt.Sprintf("%s: %s result of the tender offer %s", r.Offer.Issuer, r.Phase, r.Offer.ID),
		subject: "Run " + r.Name,
		version: r.Version, made: r.AsOf,
		subtitle:   fmt.Sprintf("%s  ·  cash tender offer %s  ·  run %s", r.Offer.Issuer, r.Offer.ID, r.Name),
		banner:     banner(r),
		indicative: r.Phase != tender.Final,
		footer:     r.Name, paper: r.Offer.PrintedOn(), rowsPerSheet: rowsPerSheet,
	}
}

// banner says whether the run is indicative or final.
func banner(r *result.Run) cell {
	asOf := tender.WallTime(r.AsOf, r.Offer.Zone)
	switch {
	case r.Held != "":
		return label("FINAL as of " + asOf + ", NOT IN FORCE: " + r.Held).as(inBanner).toned(doubtful)
	case r.Phase == tender.Final:
		return label("FINAL as of " + asOf).as(inBanner)
	}
	return label("INDICATIVE as of " + asOf + ": figures can change until the Expiration Date").as(inBanner).toned(doubtful)
}
