package workbook

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/decimals"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

// The columns of Controls.
const (
	conWhat = iota + 1
	conKey
	conFound
	conStated
	conAgrees
)

var checkColumns = []spreadsheet.Column{
	{Heading: "What must agree", Widest: 68},
	{Heading: "Of", Widest: 26},
	{Heading: "Found", Right: true},
	{Heading: "Stated", Right: true},
	{Heading: "Agrees"},
}

var inputColumns = []spreadsheet.Column{
	{Heading: "File", Widest: 68},
	{Heading: "Depositary", Widest: 26},
	{Heading: "Rows", Right: true},
	{Heading: "Counted", Right: true},
	{Heading: "Not counted", Right: true},
	{Heading: "Rejected", Right: true},
	{Heading: "Control sum of principal", Right: true},
	{Heading: "Bytes", Right: true},
	{Heading: "Sheet", Widest: 24},
	{Heading: "Columns not read", Widest: 40},
	{Heading: "Report of"},
	{Heading: "Days old", Right: true},
}

// check is a figure that two ways of finding it must agree on.
type check struct {
	what, key     string
	found, stated spreadsheet.Cell // each with its formula
}

// layControls lays out what the run was made from, the checks that are
// calculated again whenever the workbook is, and the invariants of the run.
func (b *workbook) layControls() {
	s := b.frame.NewSheet("Controls", "Controls")
	b.controls = s
	row := b.layOrigin(spreadsheet.FirstRow)
	row = b.layChecks(row + 1)
	row = b.layInvariants(row + 1)
	row = b.layInputs(row + 1)
	row = b.layCompared(row + 1)
	row = b.layHashes(row + 1)
	b.layControlRates(row + 1)
	b.laySignatures(s, s.Height()+2, len(inputColumns))
	s.Whole = true
}

// layOrigin lays out what computed the run, and returns the next free row.
func (b *workbook) layOrigin(top int) int {
	s, r := b.controls, b.run
	facts := []fact{
		{"Run", spreadsheet.Label(r.Name)},
		{"Produced", producedCell(r)},
		{"Program", spreadsheet.Label("batch " + r.Version)},
		{"Offer", spreadsheet.Label(r.Offer.ID)},
		{"Phase", spreadsheet.Label(string(r.Phase))},
		{"As of (" + r.Offer.Zone.String() + ")", spreadsheet.InstantCell(r.AsOf, r.Offer.Zone)},
		{"Version of the terms", spreadsheet.Count(r.Offer.Version())},
		{"SHA-256 of the terms in force", spreadsheet.Label(r.Offer.TermsDigest)},
	}
	if r.Replaces != "" {
		facts = append(facts, fact{"Replaces the final run", spreadsheet.Label(r.Replaces)})
	}
	for _, d := range r.Decisions {
		facts = append(facts, fact{"Decided", spreadsheet.Label(d.String())})
	}
	for _, a := range r.Offer.Amendments {
		facts = append(facts, fact{"Amendment in force", spreadsheet.Label(tender.WallTime(a.Effective, r.Offer.Zone) +
			": " + a.Note)})
	}
	for i, f := range facts {
		s.Put(top+i, conWhat, spreadsheet.Label(f.name).As(spreadsheet.InFact))
		s.Put(top+i, conKey, f.value.Aligned(spreadsheet.Left).Wrapped())
		s.Merges = append(s.Merges, spreadsheet.Area{Top: top + i, Left: conKey, Bottom: top + i, Right: len(inputColumns)})
	}
	return top + len(facts)
}

// layChecks lays out the live checks, and returns the next free row.
func (b *workbook) layChecks(top int) int {
	s := b.controls
	s.Put(top, 1, spreadsheet.Label("Checks, calculated live").As(spreadsheet.InSection))
	t, all := spreadsheet.Table{Columns: checkColumns}, true
	for i, c := range b.checks(top + 2) {
		row := top + 2 + i
		agrees := c.found.Text() == c.stated.Text()
		all = all && agrees
		t.Rows = append(t.Rows, []spreadsheet.Cell{
			spreadsheet.Label(c.what), spreadsheet.Label(c.key), c.found, c.stated,
			spreadsheet.BoolCell(agrees).By(fmt.Sprintf("ROUND(%s-%s,4)=0", spreadsheet.At(row, conFound),
				spreadsheet.At(row, conStated))),
		})
	}
	body := s.Table(top+1, t)
	b.checkFact(all)
	s.Checks = append(s.Checks, body.Column(conAgrees))
	b.frame.Name("ControlChecks", s, body.Column(conAgrees).Fixed())
	return body.Bottom + 1
}

// checks lists all live checks; the first is in the given row.
func (b *workbook) checks(row int) []check {
	var all []check
	key := func() string { return spreadsheet.At(row+len(all), conKey) }
	for i := range b.run.Offer.Series {
		all = append(all, b.windowCheck(i, tender.Early, key()))
		all = append(all, b.windowCheck(i, tender.Late, key()))
		all = append(all, b.acceptedCheck(i, key()))
	}
	all = append(all, b.lineCheck())
	for _, currency := range fundedCurrencies(b.run.Settlement.Funding) {
		all = append(all, b.instructionCheck(currency, key()))
		all = append(all, b.moneyCheck("Due: Wires against Funding", b.wires, settle.Due, currency, key()))
		all = append(all, b.moneyCheck("Due: Payments against Funding", b.payments, settle.Due, currency, key()))
		if b.paid != nil {
			all = append(all, b.moneyCheck("Paid: Paid against Funding", b.paid, settle.Paid, currency, key()))
		}
	}
	all = append(all, b.priceChecks()...)
	return append(all, b.countCheck(), b.sumCheck())
}

// inLines is a formula over the columns of Instructions, seen from here.
func (b *workbook) inLines(formula func(at func(key string) string) string) string {
	return b.lines.Over(b.controls, func(address func(col int) string) string {
		return formula(func(key string) string { return address(instructionFields.at(key)) })
	})
}

func (b *workbook) windowCheck(i int, w tender.Window, key string) check {
	col, found := sumEarly, b.tally.bySeries[i].early
	if w == tender.Late {
		col, found = sumLate, b.tally.bySeries[i].late
	}
	return check{
		what: "Tendered " + string(w) + ": Instructions against Summary", key: b.run.Offer.Series[i].ID,
		// SUMPRODUCT compares text as written; SUMIFS would take an id for a pattern.
		found: spreadsheet.Principal(found).By(b.inLines(func(at func(string) string) string {
			return fmt.Sprintf(`SUMPRODUCT((%s=%s)*(%s="%s")*%s)`, at("series"), key, at("window"), w, at("tendered"))
		})),
		stated: b.stated(i, col),
	}
}

func (b *workbook) acceptedCheck(i int, key string) check {
	return check{
		what: "Accepted: Instructions against Summary", key: b.run.Offer.Series[i].ID,
		found: spreadsheet.Principal(b.tally.bySeries[i].accepted).By(b.inLines(func(at func(string) string) string {
			return fmt.Sprintf(`SUMPRODUCT((%s=%s)*%s)`, at("series"), key, at("accepted"))
		})),
		stated: b.stated(i, sumAccepted),
	}
}

// stated is a figure of the results table.
func (b *workbook) stated(i, col int) spreadsheet.Cell {
	row := b.results.Top + slices.Index(b.byLevel, i)
	c := b.summary.Get(row, col)
	c.Style = spreadsheet.Style{Format: c.Style.Format}
	return c.By(b.summary.Of(spreadsheet.At(row, col)))
}

// lineCheck counts the instructions of which accepted and returned are not what
// was tendered.
func (b *workbook) lineCheck() check {
	return check{
		what: "Instructions where accepted and returned are not tendered",
		found: spreadsheet.Count(0).By(b.inLines(func(at func(string) string) string {
			return fmt.Sprintf("SUMPRODUCT(--(ROUND(%s-%s-%s,4)<>0))", at("tendered"), at("accepted"), at("returned"))
		})),
		stated: spreadsheet.Count(0),
	}
}

func (b *workbook) instructionCheck(currency, key string) check {
	return check{
		what: "Cash, due and paid: Instructions against Funding", key: currency,
		found: spreadsheet.Cash(b.tally.paid[currency].Total(), currency).By(b.inLines(func(at func(string) string) string {
			return spreadsheet.SumOf(at("total"), at("currency"), key)
		})),
		stated: b.fundingOf(currency, key, settle.Statuses[:]...),
	}
}

// moneyCheck holds a list of money against the funding of its status.
func (b *workbook) moneyCheck(what string, m *moneyList, status settle.Status, currency, key string) check {
	var listed decimal.Decimal
	if sums := m.sums[currency]; sums != nil {
		listed = sums.row(currency).cash.Total()
	}
	return check{
		what: what, key: currency,
		found:  spreadsheet.Cash(listed, currency).By(m.sum(b.controls, moneyFields.at("total"), key)),
		stated: b.fundingOf(currency, key, status),
	}
}

// fundingOf is what is funded in a currency with one of the statuses.
func (b *workbook) fundingOf(currency, key string, statuses ...settle.Status) spreadsheet.Cell {
	in := func(key string) string { return b.funding.Of(b.fundingRows.Column(fundingFields.at(key)).Fixed()) }
	var total decimal.Decimal
	var terms []string
	for _, status := range statuses {
		total = total.Add(fundingSums(fundingOf(b.run.Settlement.Funding, status), currency).Total())
		terms = append(terms, fmt.Sprintf(`SUMIFS(%s,%s,%s,%s,"%s")`, in("total"), in("currency"), key, in("status"), status))
	}
	return spreadsheet.Cash(total, currency).By(strings.Join(terms, "+"))
}

// countCheck and sumCheck refer to the table of files by name: it is below.
func (b *workbook) countCheck() check {
	return check{
		what: "Lines that count: Instructions against the files",
		found: spreadsheet.Count(len(b.run.Book.Lines)).By(b.inLines(func(at func(string) string) string {
			return "COUNT(" +
				at("tendered") + ")"
		})),
		stated: spreadsheet.Count(b.run.Counts().Counted + b.run.Counts().Carried).By("SUM(FilesCounted)" +
			b.plusCarried("ComparedCounted")),
	}
}

func (b *workbook) sumCheck() check {
	var stated decimal.Decimal
	for _, in := range b.run.Inputs {
		stated = stated.Add(in.Principal)
	}
	_, carried := b.run.Snapshots.Carried()
	stated = stated.Add(carried)
	return check{
		what: "Control sum of principal, currencies mixed: Instructions against the files",
		found: spreadsheet.Principal(b.tally.principal).By(b.inLines(func(at func(string) string) string {
			return "SUM(" +
				at("tendered") + ")"
		})),
		stated: spreadsheet.Principal(stated).By("SUM(FilesPrincipal)" + b.plusCarried("ComparedPrincipal")),
	}
}

// layInvariants lays out what was checked when the run was computed, and
// returns the next free row.
func (b *workbook) layInvariants(top int) int {
	s := b.controls
	s.Put(top, 1, spreadsheet.Label("Invariants, checked when the run was computed").As(spreadsheet.InSection))
	t := spreadsheet.Table{Columns: []spreadsheet.Column{{Heading: "What must hold", Widest: 68},
		{Heading: "What broke it"}, {}, {Right: true}, {Heading: "Holds"}}, None: "No invariant was checked."}
	for _, inv := range b.run.Invariants {
		t.Rows = append(t.Rows, []spreadsheet.Cell{spreadsheet.Label(inv.Name), {}, {}, {}, spreadsheet.BoolCell(inv.Holds)})
	}
	body := s.Table(top+1, t)
	for i, inv := range b.run.Invariants {
		row := body.Top + i
		s.Put(row, conKey, spreadsheet.Label(inv.Detail).As(spreadsheet.InBody).WithTone(spreadsheet.Bad).Wrapped())
		s.Merges = append(s.Merges, spreadsheet.Area{Top: row, Left: conKey, Bottom: row, Right: conStated})
	}
	if len(b.run.Invariants) > 0 { // an empty cell would pass for FALSE
		s.Checks = append(s.Checks, body.Column(conAgrees))
	}
	return body.Bottom + 1
}

// layInputs lays out the files that were read, names the columns that the
// checks refer to, and returns the next free row.
func (b *workbook) layInputs(top int) int {
	s := b.controls
	s.Put(top, 1, spreadsheet.Label("Files read").As(spreadsheet.InSection))
	t := spreadsheet.Table{Columns: inputColumns, None: "No file was read."}
	for _, in := range b.run.Inputs {
		t.Rows = append(t.Rows, []spreadsheet.Cell{
			spreadsheet.Label(in.File), spreadsheet.Label(in.Depositary), spreadsheet.Count(in.Rows),
			spreadsheet.Count(in.Counted), spreadsheet.Count(in.NotCounted), spreadsheet.Count(in.Rejected),
			spreadsheet.Principal(in.Principal), spreadsheet.Digits(decimal.NewFromInt(in.Bytes), 0),
			spreadsheet.Label(in.Sheet),
			spreadsheet.Label(strings.Join(in.Unread, ", ")), spreadsheet.Day(in.Reported), daysOld(&in, b.run),
		})
	}
	body := spreadsheet.Area{Top: top + 2, Left: 1, Bottom: top + 1 + max(1, len(t.Rows)), Right: len(inputColumns)}
	t.Totals = [][]spreadsheet.Cell{b.inputTotal(body)}
	s.Table(top+1, t)
	b.frame.Name("FilesCounted", s, body.Column(4).Fixed())
	b.frame.Name("FilesPrincipal", s, body.Column(7).Fixed())
	return body.Bottom + 2
}

// daysOld is how old a file was at the instant of the run, empty if its name carries no
// date.
func daysOld(in *result.Input, r *result.Run) spreadsheet.Cell {
	if days, ok := in.Age(r.AsOf, r.Offer.Zone); ok {
		return spreadsheet.Count(days)
	}
	return spreadsheet.Cell{}
}

// layHashes lays out the hashes of the files, and returns the next free row.
func (b *workbook) layHashes(top int) int {
	s := b.controls
	if len(b.run.Inputs) == 0 {
		return top
	}
	columns := make([]spreadsheet.Column, len(inputColumns))
	columns[0], columns[1] = spreadsheet.Column{Heading: "File", Widest: 68}, spreadsheet.Column{Heading: "SHA-256"}
	t := spreadsheet.Table{Columns: columns}
	files, hashes := b.hashed()
	for _, file := range files {
		t.Rows = append(t.Rows, []spreadsheet.Cell{spreadsheet.Label(file)})
	}
	body := s.Table(top, t)
	for i, hash := range hashes {
		row := body.Top + i
		s.Put(row, conKey, spreadsheet.Label(hash).As(spreadsheet.InBody).Wrapped())
		s.Merges = append(s.Merges, spreadsheet.Area{Top: row, Left: conKey, Bottom: row, Right: len(inputColumns)})
	}
	return body.Bottom + 1
}

// hashed lists the files that were used and those that were compared, with their
// hashes.
func (b *workbook) hashed() (files, hashes []string) {
	for _, in := range b.run.Inputs {
		files, hashes = append(files, in.File), append(hashes, in.SHA256)
	}
	for _, c := range b.run.Snapshots.Compared() {
		if !c.Used && c.SHA256 != "" {
			files, hashes = append(files, c.File), append(hashes, c.SHA256)
		}
	}
	return files, hashes
}

var comparedReportColumns = []spreadsheet.Column{
	{Heading: "File", Widest: 68},
	{Heading: "Depositary", Widest: 26},
	{Heading: "Rows", Right: true},
	{Heading: "Tenders that count from it", Right: true},
	{}, {},
	{Heading: "Control sum of principal", Right: true},
	{Heading: "Bytes", Right: true},
}

// layCompared lays out the earlier reports that were read for comparison, with what
// counts from them, and returns the next free row.
func (b *workbook) layCompared(top int) int {
	compared := b.run.Snapshots.Compared()
	if len(compared) == 0 {
		return top - 1
	}
	s := b.controls
	s.Put(top, 1, spreadsheet.Label("Earlier reports compared (see Snapshots)").As(spreadsheet.InSection))
	t := spreadsheet.Table{Columns: comparedReportColumns}
	for _, c := range compared {
		t.Rows = append(t.Rows, []spreadsheet.Cell{
			spreadsheet.Label(c.File), spreadsheet.Label(c.Depositary), spreadsheet.Count(c.Rows), spreadsheet.Count(c.Carried),
			{}, {},
			spreadsheet.Principal(c.CarriedPrincipal), spreadsheet.Digits(decimal.NewFromInt(c.Bytes), 0),
		})
	}
	body := s.Table(top+1, t)
	b.frame.Name("ComparedCounted", s, body.Column(4).Fixed())
	b.frame.Name("ComparedPrincipal", s, body.Column(7).Fixed())
	return body.Bottom + 1
}

// plusCarried adds a column of the earlier reports to a formula, if there are any.
func (b *workbook) plusCarried(name string) string {
	if len(b.run.Snapshots.Compared()) == 0 {
		return ""
	}
	return "+SUM(" + name + ")"
}

func (b *workbook) inputTotal(body spreadsheet.Area) []spreadsheet.Cell {
	n := b.run.Counts()
	var control decimal.Decimal
	for _, in := range b.run.Inputs {
		control = control.Add(in.Principal)
	}
	cells := []spreadsheet.Cell{spreadsheet.Label("All files"), {}, spreadsheet.Count(n.Rows),
		spreadsheet.Count(n.Counted), spreadsheet.Count(n.NotCounted), spreadsheet.Count(n.Rejected),
		spreadsheet.Principal(control)}
	for i := 2; i < len(cells); i++ {
		cells[i] = cells[i].By(spreadsheet.Sum(body.Column(i + 1)))
	}
	return cells
}

// layControlRates lays out the exchange rates that the caps and the totals use.
func (b *workbook) layControlRates(top int) {
	if len(b.run.Offer.KnownRates()) == 0 {
		return
	}
	s := b.controls
	s.Put(top, 1, spreadsheet.Label("Exchange rates fixed in the terms").As(spreadsheet.InSection))
	t := spreadsheet.Table{Columns: []spreadsheet.Column{{Heading: "Rate"}, {Heading: "Source", Widest: 26},
		{Heading: "Units to one", Right: true}, {Heading: "Date", Right: true}}}
	for _, r := range b.run.Offer.KnownRates() {
		t.Rows = append(t.Rows, []spreadsheet.Cell{
			spreadsheet.Label(r.To + " for one " + r.From), spreadsheet.Label(r.Source),
			spreadsheet.Digits(r.Rate, decimals.Places(r.Rate)), spreadsheet.Day(r.Date).Aligned(spreadsheet.Right),
		})
	}
	s.Table(top+1, t)
}
