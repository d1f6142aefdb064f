package workbook

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/decimals"
	"tenderbatch/internal/result"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

// templateRows is how many instructions a template has room for. More are
// inserted above the totals row, which counts them.
const templateRows = 1000

// The rows of a template's sheet.
const (
	templateHeading = 5
	templateFirst   = templateHeading + 1
	templateLast    = templateHeading + templateRows
	templateTotal   = templateLast + 1
)

// templateColumn is a column of a template.
type templateColumn struct {
	name    string // as the offer's columns key calls it
	heading string
	width   float64
	format  string
	right   bool
	check   func(*template, string) *excelize.DataValidation // of the cells of a range
}

// The formats of the cells that are filled in. Identifiers are text, so that
// Excel does not turn a CUSIP into a number.
const (
	textFormat  = "@"
	entryFormat = spreadsheet.SecondFormat
)

var templateColumns = []templateColumn{
	{name: "instruction", heading: "Instruction ID", width: 22, format: textFormat, check: (*template).uniqueCheck},
	{name: "security", heading: "CUSIP/ISIN", width: 16, format: textFormat, check: (*template).securityCheck},
	{name: "principal", heading: "Principal Amount", width: 20, right: true, check: (*template).principalCheck},
	{name: "bid", width: 14, right: true, check: (*template).bidCheck},
	{name: "currency", heading: "Currency", width: 10, format: textFormat, check: (*template).currencyCheck},
	{name: "received", heading: "Received At", width: 22, format: entryFormat, check: (*template).timeCheck},
	{name: "received_date", heading: "Date Received", width: 16, format: spreadsheet.DayFormat},
	{name: "received_time", heading: "Time Received", width: 16, format: "hh:mm:ss"},
	{name: "participant", heading: "Participant Number", width: 18, format: textFormat},
	{name: "participant_name", heading: "Participant Name", width: 30, format: textFormat},
	{name: "status", heading: "Status", width: 14, format: textFormat, check: (*template).statusCheck},
	{name: "withdrawn", heading: "Withdrawn At", width: 22, format: entryFormat, check: (*template).timeCheck},
	{name: "delivery", heading: "Delivery", width: 20, format: textFormat, check: (*template).deliveryCheck},
	{name: "covered", heading: "Covered At", width: 22, format: entryFormat, check: (*template).timeCheck},
	{name: "holder_reference", heading: "Holder Reference", width: 20, format: textFormat},
	{name: "contact", heading: "Contact", width: 24, format: textFormat},
}

// template is the empty workbook of a depositary as it is put together.
type template struct {
	offer      *tender.Offer
	depositary *tender.Depositary
	sheet      string
	zone       *time.Location
	columns    []templateColumn
	file       *excelize.File
	styles     map[spreadsheet.Style]int
	securities []security
}

// security is a security of the offer with what its tenders must keep to.
type security struct {
	id     string
	series *tender.Series
}

// securitiesSheet is the sheet of a template that lists what can be tendered.
const securitiesSheet = "Securities"

// WriteTemplate writes an empty workbook in which a depositary can report
// tenders: headings that the reader knows, drop-downs for the securities and the
// statuses, checks on denominations and times, and a totals row.
func WriteTemplate(w io.Writer, o *tender.Offer, d *tender.Depositary) error {
	t := &template{offer: o, depositary: d, file: excelize.NewFile(), styles: make(map[spreadsheet.Style]int)}
	defer t.file.Close() // nothing of it is on disk
	t.sheet, t.zone = "Instructions", cmp.Or(d.Zone, o.Zone)
	if len(d.Sheets) > 0 {
		t.sheet = d.Sheets[0]
	}
	for i := range o.Series {
		for _, id := range o.Series[i].Securities {
			t.securities = append(t.securities, security{id, &o.Series[i]})
		}
	}
	t.choose()
	for _, step := range []func() error{t.head, t.entries, t.total, t.list, t.page} {
		if err := step(); err != nil {
			return fmt.Errorf("template: %w", err)
		}
	}
	out := &spreadsheet.Archive{Out: w}
	t.file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return out })
	_, err := t.file.WriteTo(io.Discard)
	return err
}

// choose keeps the columns that the offer and the depositary have, with the
// depositary's headings.
func (t *template) choose() {
	named := t.depositary.Columns
	split := named["received_date"] != "" || named["received_time"] != ""
	for _, c := range templateColumns {
		switch c.name {
		case "received":
			if split {
				continue
			}
		case "received_date", "received_time":
			if !split {
				continue
			}
		case "delivery", "covered":
			if t.offer.Guaranteed.Settlement.IsZero() {
				continue
			}
		case "bid":
			if len(t.offer.Auctions) == 0 {
				continue
			}
			c.heading = t.bidHeading()
		case "principal":
			c.format = spreadsheet.DecimalsFormat(t.places())
		}
		c.heading = cmp.Or(named[c.name], c.heading)
		t.columns = append(t.columns, c)
	}
}

// bidHeading is the heading of the bids: what is bid, if it is the same in all auctions.
func (t *template) bidHeading() string {
	kind := t.offer.Auctions[0].Bid
	for i := range t.offer.Auctions {
		if t.offer.Auctions[i].Bid != kind {
			return "Bid"
		}
	}
	return map[tender.BidKind]string{tender.BidPrice: "Bid Price", tender.BidSpread: "Bid Spread",
		tender.BidPremium: "Bid Premium"}[kind]
}

// places is how many decimals principal can have.
func (t *template) places() int32 {
	most := int32(0)
	for i := range t.offer.Series {
		most = max(most, decimals.Places(t.offer.Series[i].Denomination.Multiple))
	}
	return most
}

// column is the letter of a column by its name.
func (t *template) column(name string) string {
	for i, c := range t.columns {
		if c.name == name {
			return spreadsheet.Letters(i + 1)
		}
	}
	return ""
}

func (t *template) styleID(l spreadsheet.Style) (int, error) {
	if id, made := t.styles[l]; made {
		return id, nil
	}
	id, err := t.file.NewStyle(l.ExcelStyle())
	t.styles[l] = id
	return id, err
}

// put writes text or a number with a look.
func (t *template) put(sheet, ref string, value any, l spreadsheet.Style) error {
	id, err := t.styleID(l)
	if err != nil {
		return err
	}
	if text, ok := value.(string); ok {
		err = t.file.SetCellStr(sheet, ref, spreadsheet.Fit(spreadsheet.Clean(text)))
	} else {
		err = t.file.SetCellValue(sheet, ref, value)
	}
	if err != nil {
		return err
	}
	return t.file.SetCellStyle(sheet, ref, ref, id)
}

// head writes what is above the rows to fill in.
func (t *template) head() error {
	if err := t.file.SetSheetName("Sheet1", t.sheet); err != nil {
		return err
	}
	for i, c := range t.columns {
		col, l := spreadsheet.Letters(i+1), spreadsheet.Style{Format: c.format, Set: i > 0 && t.columns[i-1].right}
		if c.right {
			l.Align = spreadsheet.Right
		}
		id, err := t.styleID(l)
		if err != nil {
			return err
		}
		if err := t.file.SetColWidth(t.sheet, col, col, c.width); err != nil {
			return err
		}
		if err := t.file.SetColStyle(t.sheet, col, id); err != nil {
			return err
		}
		if err := t.put(t.sheet, spreadsheet.At(templateHeading, i+1), c.heading,
			spreadsheet.Style{Role: spreadsheet.InHeading, Align: l.Align, Set: l.Set}); err != nil {
			return err
		}
	}
	for row, line := range []struct {
		text  string
		Style spreadsheet.Style
	}{
		{t.offer.Issuer + ": tenders reported by " + t.depositary.Name, spreadsheet.Style{Role: spreadsheet.InTitle}},
		{"Cash tender offer " + t.offer.ID, spreadsheet.Style{Role: spreadsheet.InSubtitle}},
		{"One row for each instruction. Times are wall time of " + t.zone.String() +
			". Insert further rows above the totals row, which must stay the last.",
			spreadsheet.Style{Role: spreadsheet.InSubtitle}},
	} {
		if err := t.put(t.sheet, spreadsheet.At(row+1, 1), line.text, line.Style); err != nil {
			return err
		}
	}
	return nil
}

// entries checks what is filled in.
func (t *template) entries() error {
	for i, c := range t.columns {
		if c.check == nil {
			continue
		}
		if v := c.check(t, spreadsheet.Area{Top: templateFirst, Left: i + 1, Bottom: templateLast, Right: i +
			1}.String()); v != nil {
			if err := t.file.AddDataValidation(t.sheet, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// total writes the totals row, which the reader holds against the rows.
func (t *template) total() error {
	l := spreadsheet.Style{Role: spreadsheet.InTotal}
	for i := range t.columns {
		if err := t.put(t.sheet, spreadsheet.At(templateTotal, i+1), "", l); err != nil {
			return err
		}
	}
	if err := t.put(t.sheet, spreadsheet.At(templateTotal, 1), "Total", l); err != nil {
		return err
	}
	col := t.column("principal")
	ref := fmt.Sprint(col, templateTotal)
	l.Format, l.Align = spreadsheet.DecimalsFormat(t.places()), spreadsheet.Right
	if err := t.put(t.sheet, ref, 0, l); err != nil {
		return err
	}
	// Down to the row above, wherever that is once rows were inserted.
	return t.file.SetCellFormula(t.sheet, ref, fmt.Sprintf("SUM(%[1]s%[2]d:INDEX(%[1]s:%[1]s,ROW()-1))", col,
		templateFirst))
}

// list writes the sheet of the securities, from which the drop-downs and the
// checks take what they allow.
func (t *template) list() error {
	if _, err := t.file.NewSheet(securitiesSheet); err != nil {
		return err
	}
	for i, c := range t.listColumns() {
		if err := t.put(securitiesSheet, spreadsheet.At(1, i+1), c.heading,
			spreadsheet.Style{Role: spreadsheet.InHeading}); err != nil {
			return err
		}
		if err := t.file.SetColWidth(securitiesSheet, spreadsheet.Letters(i+1), spreadsheet.Letters(i+1),
			c.width); err != nil {
			return err
		}
	}
	for i, s := range t.securities {
		row, d := i+2, s.series.Denomination
		for col, text := range []string{s.id, s.series.ID, s.series.Title, s.series.Currency} {
			if err := t.put(securitiesSheet, spreadsheet.At(row, col+1), text,
				spreadsheet.Style{Role: spreadsheet.InBody, Format: textFormat}); err != nil {
				return err
			}
		}
		amounts := []decimal.Decimal{d.Minimum, d.Multiple}
		if a := t.offer.AuctionOf(s.series.ID); a != nil {
			amounts = append(amounts, a.From, a.To, a.Increment)
		}
		for col, amount := range amounts {
			places := t.places()
			if col > 1 {
				places = decimals.Places(amount)
			}
			ref := spreadsheet.At(row, 5+col)
			if err := t.put(securitiesSheet, ref, "", spreadsheet.Style{Role: spreadsheet.InBody,
				Format: spreadsheet.DecimalsFormat(places)}); err != nil {
				return err
			}
			if err := t.file.SetCellDefault(securitiesSheet, ref, amount.String()); err != nil {
				return err
			}
		}
	}
	return nil
}

// listColumn is a column of the sheet of securities.
type listColumn struct {
	heading string
	width   float64
}

// listColumns are the columns of the sheet of securities: with what can be bid, if there is an auction.
func (t *template) listColumns() []listColumn {
	all := []listColumn{{"What can be tendered", 22}, {"Series", 18}, {"Title", 46}, {"Currency of notes", 20},
		{"Minimum", 18}, {"Multiple of", 18}}
	if len(t.offer.Auctions) > 0 {
		all = append(all, listColumn{"Bid from", 14}, listColumn{"Bid to", 14}, listColumn{"In steps of", 14})
	}
	return all
}

// page sets what is seen and printed, and what the file says of itself.
func (t *template) page() error {
	lines, landscape, across, down := false, "landscape", 1, 0
	fitted := true
	for _, sheet := range []string{t.sheet, securitiesSheet} {
		if err := t.file.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fitted}); err != nil {
			return err
		}
		if err := t.file.SetSheetView(sheet, 0, &excelize.ViewOptions{ShowGridLines: &lines}); err != nil {
			return err
		}
		if err := t.file.SetPageLayout(sheet, &excelize.PageLayoutOptions{Orientation: &landscape, FitToWidth: &across,
			FitToHeight: &down}); err != nil {
			return err
		}
	}
	lines = true
	if err := t.file.SetSheetView(t.sheet, 0, &excelize.ViewOptions{ShowGridLines: &lines}); err != nil {
		return err
	}
	if err := t.file.SetPanes(t.sheet, &excelize.Panes{
		Freeze: true, YSplit: templateHeading, TopLeftCell: spreadsheet.At(templateFirst, 1), ActivePane: "bottomLeft",
	}); err != nil {
		return err
	}
	made := t.offer.Launch.Time().Format(time.RFC3339)
	return t.file.SetDocProps(&excelize.DocProperties{
		Title: spreadsheet.Clean("Tenders in the offer " + t.offer.ID), Creator: "batch", LastModifiedBy: "batch",
		Created: made, Modified: made,
	})
}

// inList is where the sheet of securities has a column.
func (t *template) inList(col string) string {
	return fmt.Sprintf("%s!$%s$2:$%s$%d", securitiesSheet, col, col, len(t.securities)+1)
}

func newCheck(sqref, title, message string) *excelize.DataValidation {
	v := excelize.NewDataValidation(true)
	v.SetSqref(sqref)
	v.SetError(excelize.DataValidationErrorStyleStop, title, message)
	return v
}

// dropDown offers words to choose from.
func dropDown(sqref, title string, words ...string) *excelize.DataValidation {
	v := newCheck(sqref, title, "Choose one of the list: "+strings.Join(words, ", "))
	if err := v.SetDropList(words); err != nil { // too long for a list: nothing is checked
		return nil
	}
	return v
}

// custom checks with a formula, in which cells of the first row stand for those
// of each row. excelize writes the formula as it is, so it must be XML.
func custom(v *excelize.DataValidation, formula string) *excelize.DataValidation {
	v.Type, v.Formula1 = "custom", strings.ReplaceAll(formula, "<", "&lt;")
	return v
}

func (t *template) uniqueCheck(sqref string) *excelize.DataValidation {
	col := t.column("instruction")
	v := newCheck(sqref, "Instruction", "This identifier is in another row already.")
	return custom(v, fmt.Sprintf("SUMPRODUCT(--($%[1]s$%[2]d:$%[1]s$%[3]d=%[1]s%[2]d))=1", col, templateFirst,
		templateLast))
}

func (t *template) securityCheck(sqref string) *excelize.DataValidation {
	v := newCheck(sqref, "Security",
		"Choose a CUSIP or ISIN of the offer; the sheet "+securitiesSheet+" says which is which.")
	v.SetSqrefDropList(t.inList("A"))
	return v
}

// ofSecurity is what a column of the sheet of securities says of the row's security.
func (t *template) ofSecurity(col string) string {
	return fmt.Sprintf("INDEX(%s,MATCH(%s%d,%s,0))", t.inList(col), t.column("security"), templateFirst, t.inList("A"))
}

// bidCheck allows what can be bid in the auction of the row's security.
func (t *template) bidCheck(sqref string) *excelize.DataValidation {
	v := newCheck(sqref, "Bid", "Enter a number in the range and the steps of the security's auction, and nothing for one "+
		"that is in no auction; choose the security first. See the sheet "+securitiesSheet+".")
	return custom(v, fmt.Sprintf("AND(ISNUMBER(%[1]s),%[1]s>=%[2]s,%[1]s<=%[3]s,ROUND(MOD(%[1]s-%[2]s,%[4]s),6)=0)",
		fmt.Sprint(t.column("bid"), templateFirst), t.ofSecurity("G"), t.ofSecurity("H"), t.ofSecurity("I")))
}

// principalCheck allows a multiple of the denomination of the row's security,
// not below its minimum.
func (t *template) principalCheck(sqref string) *excelize.DataValidation {
	amount := fmt.Sprint(t.column("principal"), templateFirst)
	v := newCheck(sqref, "Principal amount",
		"Enter a number that is a multiple of the security's denomination and not below its minimum; choose the security "+
			"first. See the sheet "+securitiesSheet+".")
	return custom(v, fmt.Sprintf("AND(ISNUMBER(%[1]s),%[1]s>=%[2]s,ROUND(MOD(%[1]s,%[3]s),6)=0)", amount,
		t.ofSecurity("E"), t.ofSecurity("F")))
}

func (t *template) currencyCheck(sqref string) *excelize.DataValidation {
	r := result.Run{Offer: t.offer}
	return dropDown(sqref, "Currency", r.Currencies()...)
}

// timeCheck expects a date with a time between the launch and the expiration; it
// warns only, as what came later must be reported, too.
func (t *template) timeCheck(sqref string) *excelize.DataValidation {
	first, okFirst := spreadsheet.Serial(t.offer.Launch.Time())
	last, okLast := spreadsheet.Serial(t.offer.Expiration.At.In(t.zone))
	if !okFirst || !okLast {
		return nil
	}
	v := excelize.NewDataValidation(true)
	v.SetSqref(sqref)
	v.SetError(excelize.DataValidationErrorStyleWarning, "Time",
		"Enter a date with a time of "+t.zone.String()+" between the launch and the expiration of the offer, such as "+
			"2004-11-12 16:59:59.")
	v.Type, v.Operator = "date", "between"
	v.Formula1, v.Formula2 = string(first.Append(nil)), string(last.Append(nil))
	return v
}

// templateStatuses are plain words that the reader knows of every depositary.
var templateStatuses = []string{"TENDERED", "PENDING", "WITHDRAWN", "REJECTED"}

func (t *template) statusCheck(sqref string) *excelize.DataValidation {
	return dropDown(sqref, "Status", templateStatuses...)
}

func (t *template) deliveryCheck(sqref string) *excelize.DataValidation {
	return dropDown(sqref, "Delivery", "book-entry", "guaranteed delivery")
}
