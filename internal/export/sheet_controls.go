package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/decimals"
	"tenderbatch/internal/result"
	"tenderbatch/internal/settle"
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

var checkColumns = []column{
	{heading: "What must agree", widest: 68},
	{heading: "Of", widest: 26},
	{heading: "Found", right: true},
	{heading: "Stated", right: true},
	{heading: "Agrees"},
}

var inputColumns = []column{
	{heading: "File", widest: 68},
	{heading: "Depositary", widest: 26},
	{heading: "Rows", right: true},
	{heading: "Counted", right: true},
	{heading: "Not counted", right: true},
	{heading: "Rejected", right: true},
	{heading: "Control sum of principal", right: true},
	{heading: "Bytes", right: true},
	{heading: "Sheet", widest: 24},
	{heading: "Columns not read", widest: 40},
	{heading: "Report of"},
	{heading: "Days old", right: true},
}

// check is a figure that two ways of finding it must agree on.
type check struct {
	what, key     string
	found, stated cell // each with its formula
}

// layControls lays out what the run was made from, the checks that are
// calculated anew whenever the workbook is, and the invariants of the run.
func (b *workbook) layControls() {
	s := b.newSheet("Controls", "Controls")
	b.controls = s
	row := b.layOrigin(firstRow)
	row = b.layChecks(row + 1)
	row = b.layInvariants(row + 1)
	row = b.layInputs(row + 1)
	row = b.layCompared(row + 1)
	row = b.layHashes(row + 1)
	b.layControlRates(row + 1)
	b.laySignatures(s, s.height()+2, len(inputColumns))
	s.whole = true
}

// layOrigin lays out what computed the run, and returns the next free row.
func (b *workbook) layOrigin(top int) int {
	s, r := b.controls, b.run
	facts := []fact{
		{"Run", label(r.Name)},
		{"Produced", producedCell(r)},
		{"Program", label("batch " + r.Version)},
		{"Offer", label(r.Offer.ID)},
		{"Phase", label(string(r.Phase))},
		{"As of (" + r.Offer.Zone.String() + ")", instantCell(r.AsOf, r.Offer.Zone)},
		{"Version of the terms", count(r.Offer.Version())},
		{"SHA-256 of the terms in force", label(r.Offer.TermsDigest)},
	}
	if r.Replaces != "" {
		facts = append(facts, fact{"Replaces the final run", label(r.Replaces)})
	}
	for _, d := range r.Decisions {
		facts = append(facts, fact{"Decided", label(d.String())})
	}
	for _, a := range r.Offer.Amendments {
		facts = append(facts, fact{"Amendment in force", label(tender.WallTime(a.Effective, r.Offer.Zone) + ": " + a.Note)})
	}
	for i, f := range facts {
		s.put(top+i, conWhat, label(f.name).as(inFact))
		s.put(top+i, conKey, f.value.aligned(left).wrapped())
		s.merges = append(s.merges, area{top + i, conKey, top + i, len(inputColumns)})
	}
	return top + len(facts)
}

// layChecks lays out the live checks, and returns the next free row.
func (b *workbook) layChecks(top int) int {
	s := b.controls
	s.put(top, 1, label("Checks, calculated live").as(inSection))
	t, all := table{columns: checkColumns}, true
	for i, c := range b.checks(top + 2) {
		row := top + 2 + i
		agrees := c.found.text() == c.stated.text()
		all = all && agrees
		t.rows = append(t.rows, []cell{
			label(c.what), label(c.key), c.found, c.stated,
			yes(agrees).by(fmt.Sprintf("ROUND(%s-%s,4)=0", at(row, conFound), at(row, conStated))),
		})
	}
	body := s.table(top+1, t)
	b.checkFact(all)
	s.checks = append(s.checks, body.column(conAgrees))
	b.name("ControlChecks", s, body.column(conAgrees).fixed())
	return body.bottom + 1
}

// checks lists all live checks; the first stands in the given row.
func (b *workbook) checks(row int) []check {
	var all []check
	key := func() string { return at(row+len(all), conKey) }
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
	return append(all, b.countCheck(), b.sumCheck())
}

// inLines is a formula over the columns of Instructions, seen from here.
func (b *workbook) inLines(formula func(address func(col int) string) string) string {
	return b.lines.over(b.controls, formula)
}

func (b *workbook) windowCheck(i int, w tender.Window, key string) check {
	col, found := sumEarly, b.tally.bySeries[i].early
	if w == tender.Late {
		col, found = sumLate, b.tally.bySeries[i].late
	}
	return check{
		what: "Tendered " + string(w) + ": Instructions against Summary", key: b.run.Offer.Series[i].ID,
		// SUMPRODUCT compares text as it stands; SUMIFS would take an id for a pattern.
		found: principal(found).by(b.inLines(func(at func(int) string) string {
			return fmt.Sprintf(`SUMPRODUCT((%s=%s)*(%s="%s")*%s)`, at(insSeries), key, at(insWindow), w, at(insTendered))
		})),
		stated: b.stated(i, col),
	}
}

func (b *workbook) acceptedCheck(i int, key string) check {
	return check{
		what: "Accepted: Instructions against Summary", key: b.run.Offer.Series[i].ID,
		found: principal(b.tally.bySeries[i].accepted).by(b.inLines(func(at func(int) string) string {
			return fmt.Sprintf(`SUMPRODUCT((%s=%s)*%s)`, at(insSeries), key, at(insAccepted))
		})),
		stated: b.stated(i, sumAccepted),
	}
}

// stated is a figure of the results table.
func (b *workbook) stated(i, col int) cell {
	row := b.results.top + slices.Index(b.byLevel, i)
	c := b.summary.get(row, col)
	c.look = look{format: c.look.format}
	return c.by(b.summary.of(at(row, col)))
}

// lineCheck counts the instructions of which accepted and returned are not what
// was tendered.
func (b *workbook) lineCheck() check {
	return check{
		what: "Instructions where accepted and returned are not tendered",
		found: count(0).by(b.inLines(func(at func(int) string) string {
			return fmt.Sprintf("SUMPRODUCT(--(ROUND(%s-%s-%s,4)<>0))", at(insTendered), at(insAccepted), at(insReturned))
		})),
		stated: count(0),
	}
}

func (b *workbook) instructionCheck(currency, key string) check {
	return check{
		what: "Cash, due and paid: Instructions against Funding", key: currency,
		found: cash(b.tally.paid[currency].Total(), currency).by(b.inLines(func(at func(int) string) string {
			return sumOf(at(insTotal), at(insCurrency), key)
		})),
		stated: b.fundingOf(currency, key, settle.Statuses[:]...),
	}
}

// moneyCheck holds a list of money against the funding of its status.
func (b *workbook) moneyCheck(what string, m *moneyList, status settle.Status, currency, key string) check {
	var listed decimal.Decimal
	if sum := m.sums[currency]; sum != nil {
		listed = sum.cash().Total()
	}
	return check{
		what: what, key: currency,
		found:  cash(listed, currency).by(m.sum(b.controls, payTotal, key)),
		stated: b.fundingOf(currency, key, status),
	}
}

// fundingOf is what is funded in a currency with one of the statuses.
func (b *workbook) fundingOf(currency, key string, statuses ...settle.Status) cell {
	in := func(col int) string { return b.funding.of(b.fundingRows.column(col).fixed()) }
	var total decimal.Decimal
	var terms []string
	for _, status := range statuses {
		total = total.Add(fundingSums(fundingOf(b.run.Settlement.Funding, status), currency)[5])
		terms = append(terms, fmt.Sprintf(`SUMIFS(%s,%s,%s,%s,"%s")`, in(fundTotal), in(fundCurrency), key, in(fundStatus), status))
	}
	return cash(total, currency).by(strings.Join(terms, "+"))
}

// countCheck and sumCheck refer to the table of files by name: it stands below.
func (b *workbook) countCheck() check {
	return check{
		what:   "Lines that count: Instructions against the files",
		found:  count(len(b.run.Book.Lines)).by(b.inLines(func(at func(int) string) string { return "COUNT(" + at(insTendered) + ")" })),
		stated: count(b.run.Counts().Counted + b.run.Counts().Carried).by("SUM(FilesCounted)" + b.plusCarried("ComparedCounted")),
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
		what:   "Control sum of principal, currencies mixed: Instructions against the files",
		found:  principal(b.tally.principal).by(b.inLines(func(at func(int) string) string { return "SUM(" + at(insTendered) + ")" })),
		stated: principal(stated).by("SUM(FilesPrincipal)" + b.plusCarried("ComparedPrincipal")),
	}
}

// layInvariants lays out what was checked when the run was computed, and
// returns the next free row.
func (b *workbook) layInvariants(top int) int {
	s := b.controls
	s.put(top, 1, label("Invariants, checked when the run was computed").as(inSection))
	t := table{columns: []column{{heading: "What must hold", widest: 68}, {heading: "What broke it"}, {}, {right: true}, {heading: "Holds"}}, none: "No invariant was checked."}
	for _, inv := range b.run.Invariants {
		t.rows = append(t.rows, []cell{label(inv.Name), {}, {}, {}, yes(inv.Holds)})
	}
	body := s.table(top+1, t)
	for i, inv := range b.run.Invariants {
		row := body.top + i
		s.put(row, conKey, label(inv.Detail).as(inBody).toned(bad).wrapped())
		s.merges = append(s.merges, area{row, conKey, row, conStated})
	}
	if len(b.run.Invariants) > 0 { // an empty cell would pass for FALSE
		s.checks = append(s.checks, body.column(conAgrees))
	}
	return body.bottom + 1
}

// layInputs lays out the files that were read, names the columns that the
// checks refer to, and returns the next free row.
func (b *workbook) layInputs(top int) int {
	s := b.controls
	s.put(top, 1, label("Files read").as(inSection))
	t := table{columns: inputColumns, none: "No file was read."}
	for _, in := range b.run.Inputs {
		t.rows = append(t.rows, []cell{
			label(in.File), label(in.Depositary), count(in.Rows), count(in.Counted), count(in.NotCounted), count(in.Rejected),
			principal(in.Principal), digits(decimal.NewFromInt(in.Bytes), 0), label(in.Sheet),
			label(strings.Join(in.Unread, ", ")), day(in.Reported), daysOld(&in, b.run),
		})
	}
	body := area{top + 2, 1, top + 1 + max(1, len(t.rows)), len(inputColumns)}
	t.totals = [][]cell{b.inputTotal(body)}
	s.table(top+1, t)
	b.name("FilesCounted", s, body.column(4).fixed())
	b.name("FilesPrincipal", s, body.column(7).fixed())
	return body.bottom + 2
}

// daysOld is how old a file was at the instant of the run, empty if its name carries no
// date.
func daysOld(in *result.Input, r *result.Run) cell {
	if days, ok := in.Age(r.AsOf, r.Offer.Zone); ok {
		return count(days)
	}
	return cell{}
}

// layHashes lays out the hashes of the files, and returns the next free row.
func (b *workbook) layHashes(top int) int {
	s := b.controls
	if len(b.run.Inputs) == 0 {
		return top
	}
	columns := make([]column, len(inputColumns))
	columns[0], columns[1] = column{heading: "File", widest: 68}, column{heading: "SHA-256"}
	t := table{columns: columns}
	files, hashes := b.hashed()
	for _, file := range files {
		t.rows = append(t.rows, []cell{label(file)})
	}
	body := s.table(top, t)
	for i, hash := range hashes {
		row := body.top + i
		s.put(row, conKey, label(hash).as(inBody).wrapped())
		s.merges = append(s.merges, area{row, conKey, row, len(inputColumns)})
	}
	return body.bottom + 1
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

var comparedReportColumns = []column{
	{heading: "File", widest: 68},
	{heading: "Depositary", widest: 26},
	{heading: "Rows", right: true},
	{heading: "Tenders that count from it", right: true},
	{}, {},
	{heading: "Control sum of principal", right: true},
	{heading: "Bytes", right: true},
}

// layCompared lays out the earlier reports that were read for comparison, with what
// counts from them, and returns the next free row.
func (b *workbook) layCompared(top int) int {
	compared := b.run.Snapshots.Compared()
	if len(compared) == 0 {
		return top - 1
	}
	s := b.controls
	s.put(top, 1, label("Earlier reports compared (see Snapshots)").as(inSection))
	t := table{columns: comparedReportColumns}
	for _, c := range compared {
		t.rows = append(t.rows, []cell{
			label(c.File), label(c.Depositary), count(c.Rows), count(c.Carried), {}, {},
			principal(c.CarriedPrincipal), digits(decimal.NewFromInt(c.Bytes), 0),
		})
	}
	body := s.table(top+1, t)
	b.name("ComparedCounted", s, body.column(4).fixed())
	b.name("ComparedPrincipal", s, body.column(7).fixed())
	return body.bottom + 1
}

// plusCarried adds a column of the earlier reports to a formula, if there are any.
func (b *workbook) plusCarried(name string) string {
	if len(b.run.Snapshots.Compared()) == 0 {
		return ""
	}
	return "+SUM(" + name + ")"
}

func (b *workbook) inputTotal(body area) []cell {
	n := b.run.Counts()
	var control decimal.Decimal
	for _, in := range b.run.Inputs {
		control = control.Add(in.Principal)
	}
	cells := []cell{label("All files"), {}, count(n.Rows), count(n.Counted), count(n.NotCounted), count(n.Rejected), principal(control)}
	for i := 2; i < len(cells); i++ {
		cells[i] = cells[i].by(sum(body.column(i + 1)))
	}
	return cells
}

// layControlRates lays out the exchange rates that the caps and the totals use.
func (b *workbook) layControlRates(top int) {
	if len(b.run.Offer.Rates) == 0 {
		return
	}
	s := b.controls
	s.put(top, 1, label("Exchange rates fixed in the terms").as(inSection))
	t := table{columns: []column{{heading: "Rate"}, {heading: "Source", widest: 26}, {heading: "Units to one", right: true}, {heading: "Date", right: true}}}
	for _, r := range b.run.Offer.Rates {
		t.rows = append(t.rows, []cell{
			label(r.To + " for one " + r.From), label(r.Source), digits(r.Rate, decimals.Places(r.Rate)), day(r.Date).aligned(right),
		})
	}
	s.table(top+1, t)
}
