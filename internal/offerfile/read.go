package offerfile

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/display"
	"tenderbatch/internal/headings"
	"tenderbatch/internal/schedule"
	"tenderbatch/internal/strictyaml"
	"tenderbatch/internal/tender"
)

// defaultZone is the zone of an offer that names none.
const defaultZone = "America/New_York"

// offer reads one version of the terms and checks it.
func (r *termsReader) offer() *tender.Offer {
	m := termsField{r, "the offer", "", r.root}.mapping()
	o := &tender.Offer{ID: m.need("id").text(), Issuer: m.need("issuer").text()}
	r.readZone(m.may("timezone"))
	o.Zone = r.zone
	o.Schedule = r.readSchedule(m.may("schedule"))
	o.CatchUp = cmp.Or(choice(m.may("catch_up"), tender.CatchUpLast, tender.CatchUpNone), tender.CatchUpLast)
	o.RunAfter = readRunAfter(m.may("run_after"))
	o.Paper = choice(m.may("paper"), tender.PaperA4, tender.PaperLetter)
	o.Release = readRelease(m.may("release"))
	o.Retention = readRetention(m.may("retention"))
	r.readDates(m.need("dates"), o)
	r.readWithdrawal(m.may("withdrawal"), o)
	r.readAcceptance(m.may("acceptance"), o)
	r.readPricing(m.may("pricing"), o)
	was := r.takeOver()
	o.Caps = items(m.may("caps"), was.Caps, r.readCap)
	o.Pools = items(m.may("pools"), was.Pools, r.readPool)
	o.Auctions = items(m.may("auctions"), was.Auctions, r.readAuction)
	o.Rates = items(m.may("fx"), was.Rates, r.readRate)
	o.References = items(m.may("references"), was.References, r.readReference)
	o.Conditions = items(m.may("conditions"), was.Conditions, r.readCondition)
	o.Series = items(m.need("series").filled(), was.Series, r.readSeries)
	o.Depositaries = items(m.need("depositaries").filled(), was.Depositaries, r.readDepositary)
	o.Waivers = items(m.may("waivers"), was.Waivers, r.readWaiver)
	o.Resolutions = items(m.may("resolutions"), was.Resolutions, r.readResolution)
	if amendments := m.may("amendments"); r.version == 0 {
		r.amendments = r.readAmendments(amendments, o.Launch)
	}
	m.close()
	if r.walk == nil {
		r.check(o)
	}
	r.result = o
	return o
}

// readSchedule reads a cron expression.
func (r *termsReader) readSchedule(f termsField) string {
	s := f.text()
	if f.given() && r.sound(f.path) {
		if _, err := schedule.Parse(s, r.zone); err != nil {
			r.fault(f.path, f.node, "%v", err)
		}
	}
	return s
}

// The time from a date of the offer to a run of its own: what it is if the offer
// does not say, and the most it may be.
const (
	usualRunAfter   = 15 * time.Minute
	longestRunAfter = 24 * time.Hour
)

// readRunAfter reads the time from a date to its run, 0 for none.
func readRunAfter(f termsField) time.Duration {
	const want = "a time such as 15m or 1h30m, at most 24h, or none"
	if !f.given() {
		return usualRunAfter
	}
	s, ok := f.scalar(want)
	if !ok || s == "none" {
		return 0
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 || d > longestRunAfter || d%time.Minute != 0 {
		f.fault("%s is not a number of minutes and hours; write %s", display.Quote(s), want)
	}
	return d
}

// readRelease reads what it takes to release a run, nil if the offer does not say.
func readRelease(f termsField) *tender.ReleaseRule {
	if !f.given() {
		return nil
	}
	m := f.mapping()
	rule := &tender.ReleaseRule{Approvals: 1}
	if written := choice(m.may("approvals"), "0", "1", "2"); written != "" {
		rule.Approvals = int(written[0] - '0')
	}
	rule.From = cmp.Or(choice(m.may("from"), tender.Final, tender.Indicative), tender.Final)
	rule.Signed = m.may("signed").flag()
	m.close()
	return rule
}

// readRetention reads for how long things are kept, for ever where the offer does not say.
func readRetention(f termsField) (keep tender.Retention) {
	if !f.given() {
		return keep
	}
	m := f.mapping()
	keep = tender.Retention{Runs: readAge(m.may("runs")), Files: readAge(m.may("files")),
		Holders: readAge(m.may("holders"))}
	m.close()
	return keep
}

func readAge(f termsField) (age tender.Age) {
	s, ok := f.scalar("a length of time such as 90d, 18m or 10y")
	if !ok {
		return age
	}
	age, err := tender.ParseAge(s)
	if err != nil {
		f.fault("%v", err)
	}
	return age
}

func (r *termsReader) readZone(f termsField) {
	newYork, err := time.LoadLocation(defaultZone)
	if err != nil {
		newYork = time.UTC
		if !f.given() {
			r.fault("timezone", r.root, "the time zone %s is not known to this computer; install its time zones", defaultZone)
		}
	}
	r.zone = f.location(newYork)
}

func (r *termsReader) readDates(f termsField, o *tender.Offer) {
	m := f.mapping()
	o.Launch = m.need("launch").date()
	o.Early = r.readCutOff(m.may("early_tender"))
	o.Expiration = r.readCutOff(m.need("expiration"))
	s := m.need("settlement").mapping()
	o.Settlement.Early = s.may("early").date()
	o.Settlement.Final = s.need("final").date()
	o.Settlement.EarlyRun = readRun(s.may("early_run"))
	for _, item := range s.may("interim").filledList() {
		im := item.mapping()
		o.Settlement.Interim = append(o.Settlement.Interim,
			tender.Interim{On: im.need("on").date(), Run: readRun(im.may("run"))})
		im.close()
	}
	s.close()
	if g := m.may("guaranteed_delivery"); g.given() {
		gm := g.mapping()
		o.Guaranteed.Deadline = r.readCutOff(gm.need("deadline"))
		o.Guaranteed.Settlement = gm.need("settlement").date()
		gm.close()
	}
	m.close()
}

// readRun reads the name of a run.
func readRun(f termsField) string {
	run := f.text()
	if f.given() && f.r.sound(f.path) && strings.ContainsAny(run, `/\`) {
		f.fault("%s has a path in it; write the name of a folder in runs", display.Quote(run))
	}
	return run
}

// readCutOff reads {at, boundary}, the zero CutOff if it is not given.
func (r *termsReader) readCutOff(f termsField) tender.CutOff {
	m := f.mapping()
	c := tender.CutOff{
		At:       m.need("at").instant(),
		Boundary: cmp.Or(choice(m.may("boundary"), tender.Before, tender.AtOrBefore), tender.Before),
	}
	m.close()
	if c.IsZero() {
		return tender.CutOff{}
	}
	return c
}

func (r *termsReader) readWithdrawal(f termsField, o *tender.Offer) {
	m := f.mapping()
	o.Withdrawal.Early = r.readDeadline(m.may("early"), o, o.Early)
	o.Withdrawal.Late = r.readDeadline(m.may("late"), o, o.Expiration)
	m.close()
}

// readDeadline reads a withdrawal deadline: one of the offer's two cut-offs by
// name, an instant, or {at, boundary}.
func (r *termsReader) readDeadline(f termsField, o *tender.Offer, otherwise tender.CutOff) tender.CutOff {
	if !f.given() {
		return otherwise
	}
	if f.node.Kind == strictyaml.Mapping {
		return r.readCutOff(f)
	}
	const want = "early_tender, expiration, a time such as 2004-11-12T17:00, or {at, boundary}"
	switch s, ok := f.scalar(want); {
	case !ok:
	case s == "early_tender":
		return o.Early
	case s == "expiration":
		return o.Expiration
	case !strings.HasPrefix(s, "1") && !strings.HasPrefix(s, "2"):
		f.fault("%s is not known; write %s", display.Quote(s), want)
	default:
		return tender.CutOff{At: f.instant(), Boundary: tender.Before}
	}
	return tender.CutOff{}
}

func (r *termsReader) readAcceptance(f termsField, o *tender.Offer) {
	m := f.mapping()
	a := &o.Acceptance
	a.Order = cmp.Or(choice(m.may("order"), tender.OrderPriority, tender.OrderEarlyFirst), tender.OrderPriority)
	a.Shortfall = cmp.Or(choice(m.may("shortfall"), tender.Prorate, tender.AllOrNoneSkip, tender.AllOrNoneStop),
		tender.Prorate)
	a.Factor, a.Given = r.readFactor(m.may("factor"))
	a.BelowMinimum = cmp.Or(choice(m.may("below_minimum"),
		tender.RejectPiece, tender.ToMinimum, tender.DownTo, tender.UpTo, tender.Whole), tender.RejectPiece)
	a.ReturnedBelowMinimum = cmp.Or(choice(m.may("returned_below_minimum"),
		tender.TakeWhole, tender.Adjust, tender.RejectPiece, tender.Keep), tender.Keep)
	m.close()
}

func (r *termsReader) readFactor(f termsField) (tender.FactorRule, decimal.Decimal) {
	const want = "maximal, ratio, or the factor announced, such as 0.315789"
	switch s, ok := f.scalar(want); {
	case !ok:
		return tender.FactorMaximal, decimal.Zero
	case s == string(tender.FactorMaximal) || s == string(tender.FactorRatio):
		return tender.FactorRule(s), decimal.Zero
	case !strings.ContainsAny(s, "0123456789"):
		f.fault("%s is not known; write %s", display.Quote(s), want)
	default:
		return tender.FactorGiven, f.announced()
	}
	return tender.FactorMaximal, decimal.Zero
}

// announced is a factor that the issuer announced, zero if none is given.
func (f termsField) announced() decimal.Decimal {
	if !f.given() {
		return decimal.Zero
	}
	factor := f.amount()
	if f.r.sound(f.path) && (factor.Sign() <= 0 || factor.GreaterThan(decimal.NewFromInt(1))) {
		f.fault("%s is not a share of the whole; write a number above 0 and at most 1, such as 0.315789", f.node.Text)
	}
	return factor
}

func (r *termsReader) readCap(f termsField) tender.Cap {
	m := f.mapping()
	c := tender.Cap{
		Name:     m.need("name").text(),
		Amount:   m.need("amount").amount(),
		Currency: m.need("currency").currency(),
		Measure:  cmp.Or(choice(m.may("measure"), measures...), tender.MeasurePrincipal),
	}
	covered := m.may("series")
	c.Series = covered.texts()
	if covered.given() && r.sound(covered.path) && len(c.Series) == 0 {
		covered.fault("is an empty list; write the ids of the series the cap covers, or leave the key out if it covers all")
	}
	m.close()
	return c
}

func (r *termsReader) readRate(f termsField) tender.Rate {
	m := f.mapping()
	rate := tender.Rate{From: m.need("from").currency(), To: m.need("to").currency()}
	value := m.may("rate")
	rate.Rate = value.positive()
	date := m.may("date")
	rate.Date, rate.Source = date.date(), m.may("source").text()
	at := m.may("at") // last, as a slip in to or rate is as near to it
	rate.At = at.instant()
	if !value.given() && !at.given() {
		m.need("rate")
	}
	m.close()
	if at.given() && r.sound(at.path) {
		day := tender.DateOf(rate.At)
		if date.given() && r.sound(date.path) && rate.Date != day {
			r.faultAmong([]string{at.path, date.path}, "at %s is not on date %s; correct one of them, or leave date out",
				at.node.Text, rate.Date)
		}
		rate.Date = day
	}
	return rate
}

func (r *termsReader) readCondition(f termsField) tender.Condition {
	m := f.mapping()
	c := tender.Condition{
		Name:      m.need("name").text(),
		Text:      m.may("text").prose(),
		Satisfied: m.may("satisfied").flag(),
	}
	if minimum := m.may("minimum_tendered"); minimum.given() {
		c.Minimum = r.readMinimum(minimum)
	}
	m.close()
	return c
}

func (r *termsReader) readMinimum(f termsField) *tender.MinimumTendered {
	m := f.mapping()
	least := &tender.MinimumTendered{Amount: m.need("amount").positive(), Currency: m.need("currency").currency()}
	covered := m.may("series")
	least.Series = covered.texts()
	if covered.given() && r.sound(covered.path) && len(least.Series) == 0 {
		covered.fault("is an empty list; write the ids of the series whose tenders count, or leave the key out if all do")
	}
	m.close()
	return least
}

func (r *termsReader) readSeries(f termsField) tender.Series {
	m := f.mapping()
	s := tender.Series{ID: m.need("id").text()}
	s.Title = cmp.Or(m.may("title").text(), s.ID)
	for _, security := range m.need("securities").filledList() {
		s.Securities = append(s.Securities, readSecurity(security))
	}
	s.Currency = m.need("currency").currency()
	s.Pool = m.may("pool").text()
	s.Priority = m.may("priority").whole()
	s.Outstanding = m.need("outstanding").positive()
	maximum := m.may("maximum_offer_amount")
	s.HasMaximum, s.MaximumOfferAmount = maximum.given(), maximum.amount()
	total := r.readPrice(m, &s)
	stated := total.amount()
	s.Denomination = r.readDenomination(m.need("denomination"))
	s.Interest = r.readInterest(m.need("interest"))
	m.close()
	if total.given() {
		r.checkTotal(f.path, s, stated)
	}
	r.checkSeries(f.path, s)
	return s
}

func readSecurity(f termsField) string {
	s, ok := f.scalar("a CUSIP or an ISIN")
	switch {
	case !ok || tender.ValidSecurity(s):
	case len(s) == 9 || len(s) == 12:
		f.fault("%s has a wrong check digit or a character that none has; compare it with the Offer to Purchase",
			display.Quote(s))
	default:
		f.fault("%s is neither a CUSIP of 9 nor an ISIN of 12 characters; compare it with the Offer to Purchase",
			display.Quote(s))
	}
	return s
}

func (r *termsReader) readDenomination(f termsField) tender.Denomination {
	m := f.mapping()
	d := tender.Denomination{Minimum: m.need("minimum").positive(), Multiple: m.need("multiple").positive()}
	m.close()
	return d
}

// readInterest reads what interest is accrued from. Without a coupon the rest
// may be left out.
func (r *termsReader) readInterest(f termsField) tender.Interest {
	m := f.mapping()
	i := tender.Interest{Coupon: m.need("coupon").amount()}
	rest := m.need
	if i.Coupon.IsZero() {
		rest = m.may
	}
	i.DayCount = choice(rest("day_count"), tender.Thirty360, tender.ActActICMA, tender.Act360, tender.Act365F)
	i.LastPaid = rest("last_paid").date()
	frequency := rest("frequency")
	i.Frequency = frequency.whole()
	if frequency.given() && r.sound(frequency.path) && !slices.Contains([]int{1, 2, 4, 12}, i.Frequency) {
		frequency.fault("%d is not known; write 1, 2, 4 or 12 payments a year", i.Frequency)
	}
	for _, step := range m.may("steps").list() {
		sm := step.mapping()
		i.Steps = append(i.Steps, tender.CouponStep{From: sm.need("from").date(), Coupon: sm.need("coupon").amount()})
		sm.close()
	}
	i.FirstPayment = m.may("first_payment").date()
	if end := m.may("end_of_month"); end.given() {
		i.FixedDay = !end.flag()
	}
	i.AccretesUntil = m.may("accretes_until").date()
	m.close()
	r.checkInterest(f.path, i)
	return i
}

func (r *termsReader) readDepositary(f termsField) tender.Depositary {
	m := f.mapping()
	name, files, reports, zone := m.need("name"), m.need("files"), m.may("reports"), m.may("timezone")
	d := tender.Depositary{
		Name:        name.text(),
		Files:       readPattern(files),
		Incremental: choice(reports, "snapshot", "incremental") == "incremental",
		Zone:        zone.location(r.zone),
		ZoneGiven:   zone.given(),
		Sheets:      readSheets(m.may("sheet"), m.may("sheets")),
		Columns:     r.readColumns(m.may("columns")),
		Statuses:    r.readStatuses(m.may("statuses")),
		PasswordEnv: readPasswordEnv(m.may("password_env")),
		RejectLimit: readRejectLimit(m.may("reject_limit")),
		FollowLinks: m.may("follow_links").flag(),
		Closed:      m.may("closed").instant(),
		Expected:    readReportTimes(m.may("expected")),
		Ignored:     m.may("ignore_columns").names(),
		Blanks:      m.may("blanks").names(),
		Decimal:     choice(m.may("decimal"), tender.DecimalComma, tender.DecimalPoint),
		NoStatus:    choice(m.may("status"), "none") == "none",
		Dates:       choice(m.may("date_format"), tender.DayFirst, tender.MonthFirst),
		Formulas:    cmp.Or(choice(m.may("formulas"), tender.RejectFormulas, tender.StoredFormulas), tender.RejectFormulas),
	}
	readWithdrawn(m.may("withdrawn"), &d)
	encoding := m.may("encoding")
	d.Encoding = cmp.Or(choice(encoding, tender.UTF8, tender.Windows1252), tender.UTF8)
	if extension := path.Ext(d.Files); encoding.given() && (strings.EqualFold(extension, ".xlsx") ||
		strings.EqualFold(extension, ".xlsm")) {
		encoding.fault("is that of CSV files, but files are workbooks (%s); leave it out", display.Quote(d.Files))
	}
	skip := m.may("skip_sheets")
	d.Skip = skip.names()
	for _, name := range d.Skip {
		if r.sound(skip.path) && slices.Contains(d.Sheets, name) {
			skip.fault("names %s, which is to be read; take it out of one of the two", display.Quote(name))
		}
	}
	m.close()
	return d
}

// readReportTimes reads when a depositary's reports are expected, nil if that is not given.
func readReportTimes(f termsField) *tender.ReportTimes {
	const want = "daily by 18:00 or weekdays by 18:00"
	s, ok := f.scalar(want)
	if !ok {
		return nil
	}
	t, err := tender.ParseReportTimes(s)
	if err != nil {
		f.fault("%s is not when reports are expected; write %s, by the clock of the depositary's zone", display.Quote(s),
			want)
	}
	return &t
}

// readSheets reads the names of the sheets that hold tenders: one, or a list
// whose sheets are read as one report.
func readSheets(one, several termsField) (names []string) {
	if one.given() {
		names = append(names, one.text())
	}
	if one.given() && several.given() {
		several.fault("is given beside sheet; name all sheets here and leave sheet out")
		return names
	}
	return append(names, several.names()...)
}

// names reads a list of texts, none of them twice.
func (f termsField) names() (names []string) {
	f.asked().Distinct()
	for _, item := range f.filledList() {
		name := item.text()
		if f.r.sound(item.path) && slices.Contains(names, name) {
			item.fault("%s is there twice; name it once", display.Quote(name))
		}
		names = append(names, name)
	}
	return names
}

// readPattern reads a pattern of file names.
func readPattern(f termsField) string {
	s := f.text()
	if !f.given() || !f.r.sound(f.path) {
		return s
	}
	if strings.ContainsAny(s, `/\`) {
		f.fault("%s has a path in it; write the pattern of a file name in the inbox, such as dtc-*.xlsx", display.Quote(s))
	} else if _, err := path.Match(s, ""); err != nil {
		f.fault("%s is not a pattern; close its bracket, or write one such as dtc-*.xlsx", display.Quote(s))
	}
	return s
}

// usualRejectLimit is the share of a depositary's rows, or of their principal, in
// percent, that may be rejected if the offer does not say.
var usualRejectLimit = decimal.NewFromInt(20)

func readRejectLimit(f termsField) decimal.Decimal {
	if !f.given() {
		return usualRejectLimit
	}
	limit := f.amount()
	if f.r.sound(f.path) && limit.GreaterThan(decimal.NewFromInt(100)) {
		f.fault("%s is more than 100 percent; write the share of the rows that may be rejected, such as 20", limit)
	}
	return limit
}

func (r *termsReader) readColumns(f termsField) map[string]string {
	m := f.mapping()
	columns := map[string]string{}
	for _, name := range headings.ColumnNames() {
		if heading := m.may(name); heading.given() {
			columns[name] = heading.text()
		}
	}
	m.close()
	if len(columns) == 0 {
		return nil
	}
	return columns
}

// readStatuses reads a depositary's own status codes, which can be any.
func (r *termsReader) readStatuses(f termsField) map[string]tender.Status {
	m := f.mapping()
	if m.node == nil || len(m.node.Entries) == 0 {
		return nil
	}
	statuses := map[string]tender.Status{}
	for _, e := range m.node.Entries {
		code := e.Key.Text
		status := termsField{r, code, strictyaml.PathTo(m.path, code), e.Value}
		if strings.TrimSpace(code) != code || code == "" || strings.ContainsFunc(code, display.Unseen) {
			r.fault(status.path, e.Key, "%s is not a status code; write it as written in the depositary's file, in quotation "+
				"marks", display.Quote(code))
		}
		statuses[code] = choice(status, tender.Tendered, tender.Pending, tender.Withdrawn, tender.Rejected)
	}
	return statuses
}

// readWithdrawn reads the words of a column that says whether a tender was withdrawn.
func readWithdrawn(f termsField, d *tender.Depositary) {
	m := f.mapping()
	no := m.may("no")
	d.WithdrawnYes, d.WithdrawnNo = m.need("yes").text(), no.text()
	m.close()
	if no.given() && f.r.sound(f.path) && strings.EqualFold(d.WithdrawnYes, d.WithdrawnNo) {
		f.fault("has the same word for yes and no, %s; write the two words of the column", display.Quote(d.WithdrawnNo))
	}
}

// environmentName is the form of the name of an environment variable.
var environmentName = regexp.MustCompile(`^[A-Z_][A-Z0-9_]*$`)

// readPasswordEnv reads the name of an environment variable. What may be a
// password is not repeated.
func readPasswordEnv(f termsField) string {
	s, ok := f.scalar("the name of an environment variable such as EUROCLEAR_PASSWORD, never the password")
	if ok && !environmentName.MatchString(s) {
		f.r.unsound[f.path] = true
		f.r.remarks = append(f.r.remarks, remark{node: f.node, path: f.path, secret: true,
			message: f.name + " is not the name of an environment variable; write one in capitals, such as " +
				"EUROCLEAR_PASSWORD, and put the password there, never here"})
	}
	return s
}

func (r *termsReader) readWaiver(f termsField) tender.Waiver {
	m := f.mapping()
	w := tender.Waiver{
		Depositary:  m.may("depositary").text(),
		Instruction: m.need("instruction").text(),
		Rule:        choice(m.need("rule"), waivableRules()...),
		By:          m.need("by").text(),
		On:          m.need("on").date(),
		Note:        m.may("note").prose(),
	}
	m.close()
	return w
}

func (r *termsReader) readResolution(f termsField) tender.Resolution {
	m := f.mapping()
	rule := m.need("rule")
	s := tender.Resolution{
		Rule:        choice(rule, resolvableRules()...),
		Depositary:  m.need("depositary").text(),
		Instruction: m.may("instruction").text(),
		File:        m.may("file").text(),
		By:          m.need("by").text(),
		On:          m.need("on").date(),
		Note:        m.may("note").prose(),
	}
	if row := m.may("row"); row.given() {
		s.Row = row.whole()
	}
	if slices.Contains(fileRules, s.Rule) && s.File == "" {
		m.need("file") // what was said of one report says nothing of the next
	}
	s.Outcome = choice(m.need("outcome"), OutcomesOf(s.Rule)...)
	m.close()
	return s
}

// fileRules are the rules of a whole file that a resolution can name.
var fileRules = []string{tender.RuleLastReport, tender.RuleLate, tender.RuleRowLimit, tender.RuleDigits}

// Waivable reports whether the terms can waive a rule, by its code.
func Waivable(rule string) bool { return slices.Contains(waivableRules(), rule) }

// Resolvable reports whether the terms can resolve findings of a rule, by its code.
func Resolvable(rule string) bool { return slices.Contains(resolvableRules(), rule) }

// OutcomesOf are the ways in which the terms can resolve a finding of a rule, by its code.
func OutcomesOf(rule string) []tender.ResolutionOutcome {
	switch rule {
	case tender.RuleVanished:
		return []tender.ResolutionOutcome{tender.ItCounts, tender.IsWithdrawn}
	case tender.RuleNeverReported:
		return []tender.ResolutionOutcome{tender.IsWithdrawn}
	case tender.RuleAmended:
		return []tender.ResolutionOutcome{tender.ItCounts, tender.AsBefore}
	}
	if slices.Contains(fileRules, rule) {
		return []tender.ResolutionOutcome{tender.ItCounts}
	}
	return []tender.ResolutionOutcome{tender.StaysRejected}
}

// resolvableRules are the rules a resolution can name: those of a line and those of
// a whole file.
func resolvableRules() []string {
	codes := slices.Clone(fileRules)
	for _, rule := range tender.Rules() {
		if !rule.Settled && !strings.HasPrefix(rule.Code, "R6-") {
			codes = append(codes, rule.Code)
		}
	}
	return codes
}

// waivableRules are the rules a waiver can name.
func waivableRules() []string {
	var codes []string
	for _, rule := range tender.Rules() {
		if rule.Waivable {
			codes = append(codes, rule.Code)
		}
	}
	return codes
}
