package release

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/tender"
)

const memory = "/dev/shm" // most of the time goes into syncing files

func TestMain(m *testing.M) {
	if folder := os.Getenv(raceFolder); folder != "" {
		os.Exit(approveAndReport(folder, os.Getenv(raceActor)))
	}
	if info, err := os.Stat(memory); err == nil && info.IsDir() && os.Getenv("TMPDIR") == "" {
		os.Setenv("TMPDIR", memory)
	}
	os.Exit(m.Run())
}

const terms = `id: small
issuer: Example
dates:
  launch: 2026-04-20
  early_tender: {at: 2026-05-04T17:00}
  expiration: {at: 2026-05-18T24:00}
  settlement: {final: 2026-05-21}
caps:
  - {name: Cap, amount: 10000, currency: USD, measure: principal}
series:
  - id: A
    securities: ["52729NAA8"]
    currency: USD
    priority: 1
    outstanding: 1000000
    tender_offer_consideration: 950.00
    early_tender_payment: 50.00
    denomination: {minimum: 1000, multiple: 1000}
    interest: {coupon: 5, day_count: 30/360, last_paid: 2026-03-15, frequency: 2}
depositaries:
  - {name: DTC, files: "dtc-*.csv", reports: snapshot, status: none}
`

const report = "VOI Number,CUSIP,Principal Amount,Submitted At,DTC Participant\n" +
	"0000019,52729NAA8,7000,2026-05-01 10:00:00,2399\n0000027,52729NAA8,8000,2026-05-18 10:00:00,0902\n"

// offer is an offer whose runs must be released, and a clock that goes on at each look.
type offer struct {
	t      testing.TB
	folder string
	now    time.Time
	owners map[string]string // of files by name; those not named belong to no one
	lines  int               // of the report
}

func newOffer(t testing.TB, rule string) *offer {
	t.Helper()
	o := &offer{t: t, folder: filepath.Join(t.TempDir(), "small"), now: time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC), owners: map[string]string{}}
	if err := os.MkdirAll(filepath.Join(o.folder, "inbox"), 0o750); err != nil {
		t.Fatal(err)
	}
	o.write("offer.yaml", terms+rule, "ann")
	o.report("ann")
	return o
}

func (o *offer) clock() time.Time {
	o.now = o.now.Add(time.Minute)
	return o.now
}

// write writes a file of the offer, as the user to whom it belongs.
func (o *offer) write(name, content, owner string) {
	o.t.Helper()
	o.owners[filepath.Base(name)] = owner
	path := filepath.Join(o.folder, name)
	if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
		o.t.Fatal(err)
	}
	old := time.Date(2026, 5, 19, 0, 0, 0, 0, time.UTC) // it is at rest
	if err := os.Chtimes(path, old, old); err != nil {
		o.t.Fatal(err)
	}
}

// report brings a report that has one more tender, as the user to whom it belongs.
func (o *offer) report(owner string) {
	o.t.Helper()
	content := report
	for i := range o.lines {
		content += string(rune('A'+i)) + "000035,52729NAA8,9000,2026-05-18 11:00:00,0005\n"
	}
	o.lines++
	o.write("inbox/dtc-2026-05-19.csv", content, owner)
}

func user(name string) ledger.Actor { return ledger.Actor{Kind: ledger.User, Name: name} }

// run makes a run, as a person.
func (o *offer) run(by string, change ...func(*pipeline.Request)) (string, error) {
	req := pipeline.Request{Folder: o.folder, Clock: o.clock, Version: "test", Actor: user(by), By: by + "@host pid 1",
		AcceptRejects: "a test", Owner: func(info fs.FileInfo) string { return o.owners[info.Name()] }}
	for _, c := range change {
		c(&req)
	}
	out, err := pipeline.Run(context.Background(), req)
	if err != nil {
		return "", err
	}
	return out.Folder, nil
}

func (o *offer) mustRun(by string, change ...func(*pipeline.Request)) string {
	o.t.Helper()
	folder, err := o.run(by, change...)
	if err != nil {
		o.t.Fatal(err)
	}
	return folder
}

func supersede(r *pipeline.Request) { r.Supersede, r.Reason = "final", "a test" }

func (o *offer) as(name, run string) Request {
	return Request{Run: run, Actor: user(name), By: name + "@host pid 2", Clock: o.clock, Version: "test", Wait: 10 * time.Second}
}

func (o *offer) submit(name, run string) error {
	_, err := Submit(context.Background(), o.as(name, run))
	return err
}

// approve approves a run as a person who looks at it and types the total.
func (o *offer) approve(name, run string) error { return approve(o.as(name, run)) }

func approve(req Request) error {
	s, err := Show(context.Background(), req)
	if err != nil {
		return err
	}
	t := s.Entry.Totals[0]
	_, err = Approve(context.Background(), req, Confirmed{Manifest: s.Entry.Manifest, Typed: ledger.Amount{Currency: t.Currency, Amount: t.ToWire}})
	return err
}

func (o *offer) release(name, run string) error {
	_, _, err := Release(context.Background(), o.as(name, run))
	return err
}

func (o *offer) final() string {
	target, err := os.Readlink(filepath.Join(o.folder, "runs", "final"))
	if errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	if err != nil {
		o.t.Fatal(err)
	}
	return target
}

func (o *offer) entries() []ledger.Entry {
	o.t.Helper()
	entries, err := ledger.ReadEntries(filepath.Join(o.folder, "runs"))
	if err != nil {
		o.t.Fatal(err)
	}
	return entries
}

// must demands that every step was taken.
func must(t testing.TB, errs ...error) {
	t.Helper()
	for i, err := range errs {
		if err != nil {
			t.Fatalf("step %d: %v", i+1, err)
		}
	}
}

// refuses demands that a step was refused with words, by a usage error.
func refuses(t testing.TB, err error, words string) {
	t.Helper()
	var usage *offerfolder.UsageError
	if !errors.As(err, &usage) || !strings.Contains(err.Error(), words) {
		t.Errorf("%v; want it refused with %q", err, words)
	}
}

func (o *offer) verified() {
	o.t.Helper()
	found, _, err := Verify(o.folder, Signers{})
	if err != nil {
		o.t.Fatal(err)
	}
	for _, f := range found {
		o.t.Error(f)
	}
}

func TestARunIsReleasedByTwoPeople(t *testing.T) {
	o := newOffer(t, "release: {}\n")
	run := o.mustRun("ann")
	refuses(t, o.approve("bob", run), "it waits for its preparer, who submits it")
	refuses(t, o.release("ann", run), "it waits for its preparer")
	must(t, o.submit("ann", run))
	refuses(t, o.submit("ann", run), "was submitted by ann on 2026-05-20")
	refuses(t, o.release("ann", run), "it waits for 1 approval by people who had no hand in it")
	must(t, o.approve("bob", run))
	if o.final() != "" {
		t.Error("in force before it is released")
	}
	refuses(t, o.approve("cleo", run), "has its approvals")
	must(t, o.release("ann", run))
	if o.final() != filepath.Base(run) {
		t.Errorf("final is %q", o.final())
	}
	refuses(t, o.submit("ann", run), "was released by ann")
	refuses(t, o.approve("bob", run), "was released by ann")
	o.verified()
	content, err := os.ReadFile(filepath.Join(o.folder, "released", "latest", "release.json"))
	if err != nil || !strings.Contains(string(content), `"name": "bob"`) || !strings.Contains(string(content), `"currency": "USD"`) {
		t.Errorf("%s, %v", content, err)
	}
	// A second release completes the first, and makes no other.
	if err := os.RemoveAll(filepath.Join(o.folder, "released")); err != nil {
		t.Fatal(err)
	}
	if _, before, err := Release(context.Background(), o.as("ann", run)); !before || err != nil {
		t.Errorf("%t, %v", before, err)
	}
	o.verified()
}

func TestWhatIsApprovedIsShownAndRecorded(t *testing.T) {
	o := newOffer(t, "release: {}\n")
	first := o.mustRun("ann")
	must(t, o.submit("ann", first), o.approve("bob", first), o.release("ann", first))
	o.report("ann")
	run := o.mustRun("ann", supersede)
	s := o.submitted(run)
	a := s.Entry.Approval
	if s.Entry.Counts.Counted != 3 || s.Entry.Counts.Open != 0 || a.Against != filepath.Base(first) || a.Lines["new"] != 1 {
		t.Errorf("%+v, %+v", s.Entry, a)
	}
	if len(a.Changes) != 1 || a.Changes[0].Was == a.Changes[0].Now || a.Changes[0].Now != s.Entry.Totals[0].ToWire {
		t.Errorf("%+v; totals %+v", a.Changes, s.Entry.Totals)
	}
	must(t, o.approve("bob", run))
	entries := o.entries()
	if last := entries[len(entries)-1]; last.Event != ledger.Approved || last.Approval.Typed.Amount != s.Entry.Totals[0].ToWire ||
		last.Approval.Lines["new"] != 1 || last.Manifest != s.Entry.Manifest {
		t.Errorf("%+v", last)
	}
}

// submitted has ann submit a run, and is what bob would approve.
func (o *offer) submitted(run string) *Statement {
	o.t.Helper()
	must(o.t, o.submit("ann", run))
	s, err := Show(context.Background(), o.as("bob", run))
	if err != nil {
		o.t.Fatal(err)
	}
	return s
}

func TestTheApproverTypesTheTotal(t *testing.T) {
	o := newOffer(t, "release: {}\n")
	run := o.mustRun("ann")
	s := o.submitted(run)
	right := s.Entry.Totals[0].ToWire
	for typed, words := range map[ledger.Amount]string{
		{Currency: "USD", Amount: right + "1"}: "is not the total to wire in USD",
		{Currency: "EUR", Amount: right}:       `wires nothing in "EUR"`,
		{}:                                     "wires nothing",
	} {
		_, err := Approve(context.Background(), o.as("bob", run), Confirmed{Manifest: s.Entry.Manifest, Typed: typed})
		refuses(t, err, words)
	}
	_, err := Approve(context.Background(), o.as("bob", run), Confirmed{Manifest: strings.Repeat("0", 64), Typed: ledger.Amount{Currency: "USD", Amount: right}})
	refuses(t, err, "is not the one that was shown")
	if typed, err := ParseTotal(" usd 1,234.50 "); err != nil || typed != (ledger.Amount{Currency: "USD", Amount: "1234.50"}) {
		t.Errorf("%v, %v", typed, err)
	}
	for _, wrong := range []string{"", "12", "USD", "USD x", "DOLLAR 12", "USD 1e"} {
		if _, err := ParseTotal(wrong); err == nil {
			t.Errorf("%q was read", wrong)
		}
	}
}

// What people report of such systems elsewhere: one's own run approved through another name, a
// role given later, a check that reads only the last editor.
func TestNoMakerApproves(t *testing.T) {
	for what, c := range map[string]struct {
		approver string
		do       func(o *offer) string
		words    string
	}{
		"began the run":                             {"bob", func(o *offer) string { return o.mustRun("bob") }, "(started"},
		"submitted it":                              {"bob", func(o *offer) string { r := o.mustRun("ann"); must(o.t, o.submit("bob", r)); return r }, "(submitted"},
		"put a file into the inbox":                 {"bob", func(o *offer) string { o.report("bob"); return o.mustRun("ann") }, "(file dtc-2026-05-19.csv)"},
		"wrote the terms":                           {"bob", func(o *offer) string { o.owners["offer.yaml"] = "bob"; return o.mustRun("ann") }, "(terms offer.yaml)"},
		"is named in other letters":                 {"BOB", func(o *offer) string { return o.mustRun("bob") }, "(started"},
		"began a run before this one":               {"bob", func(o *offer) string { o.mustRun("bob"); o.report("ann"); return o.mustRun("ann") }, "(started"},
		"put a file before, which another replaced": {"bob", func(o *offer) string { o.report("bob"); o.mustRun("ann"); o.report("cleo"); return o.mustRun("ann") }, "(file"},
		"began a run that failed": {"bob", func(o *offer) string {
			if _, err := o.run("bob", func(r *pipeline.Request) { r.AsOf = "2099-01-01T00:00" }); err == nil {
				o.t.Fatal("it did not fail")
			}
			return o.mustRun("ann")
		}, "(started"},
		"waived a line": {"bob", func(o *offer) string {
			o.write("offer.yaml", terms+"release: {}\nwaivers: [{instruction: \"1\", rule: R5-minimum, by: Bob, on: 2026-05-19}]\n", "ann")
			return o.mustRun("ann")
		}, "(waived"},
		"resolved a line": {"bob", func(o *offer) string {
			o.write("offer.yaml", terms+"release: {}\nresolutions: [{depositary: DTC, rule: R5-minimum, outcome: rejected, by: bob, on: 2026-05-19}]\n", "ann")
			return o.mustRun("ann")
		}, "(resolved"},
		"ran the scheduler": {"bob", func(o *offer) string {
			return o.mustRun("bob", func(r *pipeline.Request) { r.Trigger = tender.BySchedule })
		}, "(started"},
	} {
		t.Run(what, func(t *testing.T) {
			o := newOffer(t, "release: {}\n")
			run := c.do(o)
			_ = o.submit("ann", run) // where it was not submitted yet
			for _, kind := range []ledger.ActorKind{ledger.User, ledger.Account} {
				req := o.as(c.approver, run)
				req.Actor.Kind = kind // the same person's second account
				err := approve(req)
				refuses(t, err, "who did approves nothing")
				refuses(t, err, c.words)
			}
			must(t, o.approve("dan", run))
			o.verified()
		})
	}
}

// Who approved and then runs again without anything new has made nothing.
func TestWhoRunsAgainAfterwardsMadeNothing(t *testing.T) {
	o := newOffer(t, "release: {approvals: 2}\n")
	run := o.mustRun("ann")
	must(t, o.submit("ann", run), o.approve("bob", run))
	if again := o.mustRun("bob"); again != run {
		t.Fatal(again)
	}
	if again := o.mustRun("cleo"); again != run {
		t.Fatal(again)
	}
	must(t, o.approve("cleo", run), o.release("bob", run))
	o.verified()
}

// Those who made what is in force already may approve what comes after it.
func TestWhatIsInForceMakesNoMakers(t *testing.T) {
	o := newOffer(t, "release: {}\n")
	o.owners["offer.yaml"], o.owners["dtc-2026-05-19.csv"] = "bob", "bob"
	first := o.mustRun("bob")
	must(t, o.submit("bob", first), o.approve("ann", first), o.release("bob", first))
	o.now = o.now.AddDate(0, 0, 2)
	o.write("inbox/dtc-2026-05-20.csv", report, "cleo")
	second := o.mustRun("cleo", supersede)
	must(t, o.submit("cleo", second), o.approve("bob", second), o.release("cleo", second))
	o.verified()
}

func TestTwoApprovalsAreByTwoPeople(t *testing.T) {
	o := newOffer(t, "release: {approvals: 2}\n")
	run := o.mustRun("ann")
	must(t, o.submit("ann", run), o.approve("bob", run))
	refuses(t, o.approve("bob", run), "bob has approved run")
	refuses(t, o.approve("Bob", run), "Bob has approved run")
	account := o.as("bob", run)
	account.Actor.Kind = ledger.Account
	refuses(t, approve(account), "two approvals are by two people")
	refuses(t, o.release("ann", run), "it waits for 1 approval")
	must(t, o.approve("cleo", run), o.release("ann", run))
	o.verified()
}

func TestOnlyPeopleTakeSteps(t *testing.T) {
	o := newOffer(t, "release: {}\n")
	run := o.mustRun("ann")
	for _, a := range []ledger.Actor{{}, {Kind: ledger.Service, Name: "batch"}, {Kind: ledger.Named, Name: "bob"}, {Kind: ledger.User}, {Kind: ledger.User, Name: "bob\nmanifest: x"}} {
		req := o.as("", run)
		req.Actor = a
		if _, err := Submit(context.Background(), req); err == nil {
			t.Errorf("%+v submitted a run", a)
		}
	}
}

func TestWhatIsNewNeedsApprovalsOfItsOwn(t *testing.T) {
	o := newOffer(t, "release: {}\n")
	first := o.mustRun("ann")
	must(t, o.submit("ann", first), o.approve("bob", first))
	o.write("offer.yaml", strings.Replace(terms, "amount: 10000", "amount: 20000", 1)+"release: {}\n", "ann")
	refuses(t, o.release("ann", first), "the terms were changed; run again")
	changed := func(r *pipeline.Request) { r.TermsChanged = "a test" }
	second := o.mustRun("ann", changed)
	refuses(t, o.release("ann", first), "is not the newest any more: "+filepath.Base(second)+" is")
	refuses(t, o.approve("cleo", first), "is not the newest any more")
	refuses(t, o.release("ann", second), "it waits for its preparer")
	// The first is the newest again once its terms are back, and is submitted and approved again.
	o.write("offer.yaml", terms+"release: {}\n", "ann")
	if again := o.mustRun("ann", changed); again != first {
		t.Fatalf("%s, want %s", again, first)
	}
	refuses(t, o.release("ann", first), "it waits for its preparer")
	must(t, o.submit("ann", first))
	refuses(t, o.release("ann", first), "it waits for 1 approval")
	must(t, o.approve("bob", first), o.release("ann", first))
	o.verified()
}

func TestNothingIsApprovedOnceAReportCameOrTheTermsChanged(t *testing.T) {
	o := newOffer(t, "release: {}\n")
	run := o.mustRun("ann")
	must(t, o.submit("ann", run))
	o.report("ann")
	refuses(t, o.approve("bob", run), "dtc-2026-05-19.csv was exchanged; run again")
	o.lines = 0
	o.report("ann")
	o.now = o.now.AddDate(0, 0, 2)
	o.write("inbox/dtc-2026-05-20.csv", report, "ann")
	refuses(t, o.approve("bob", run), "dtc-2026-05-20.csv of DTC has come")
	if err := os.Remove(filepath.Join(o.folder, "inbox", "dtc-2026-05-20.csv")); err != nil {
		t.Fatal(err)
	}
	o.write("offer.yaml", strings.Replace(terms, "amount: 10000", "amount: 20000", 1)+"release: {}\n", "ann")
	refuses(t, o.approve("bob", run), "the terms were changed; run again")
	o.write("offer.yaml", "# a remark\n"+terms+"release: {}\n", "ann")
	must(t, o.approve("bob", run))
	// A stricter rule holds from when it is written.
	o.write("offer.yaml", terms+"release: {approvals: 2}\n", "ann")
	refuses(t, o.release("ann", run), "it waits for 1 approval")
	// A weaker one does not.
	o.write("offer.yaml", terms+"release: {approvals: 0}\n", "ann")
	must(t, o.release("ann", run))
	o.write("offer.yaml", terms+"release: {}\n", "ann")
	o.verified()
}

// A report that was taken out of the inbox after the run makes it another run, too.
func TestNothingIsApprovedOnceAReportWasRemoved(t *testing.T) {
	o := newOffer(t, "release: {approvals: 1}\n")
	o.write("offer.yaml", strings.Replace(terms, "reports: snapshot", "reports: incremental", 1)+"release: {approvals: 1}\n", "ann")
	o.write("inbox/dtc-2026-05-18.csv", strings.NewReplacer("0000019", "0000119", "0000027", "0000127").Replace(report), "ann")
	run := o.mustRun("ann")
	must(t, o.submit("ann", run))
	must(t, os.Remove(filepath.Join(o.folder, "inbox", "dtc-2026-05-18.csv")))
	refuses(t, o.approve("bob", run), "dtc-2026-05-18.csv was removed; run again")
}

// Separators that are not at the thousands make another sum of what was typed, to an eye that
// reads "1234,56" as a fraction.
func TestAMisplacedSeparatorIsNoTotal(t *testing.T) {
	for _, wrong := range []string{"USD 1234,56", "USD 6,58632823.47", "USD 1,2,3", "USD ,123", "USD 1,234,", "USD 1,234.5,6", "USD 1e3",
		"USD +5", "USD 1 234.00", "U$D 1.00", "USD .5", "USD 5.", "USD"} {
		if typed, err := ParseTotal(wrong); err == nil {
			t.Errorf("%q is taken for %v", wrong, typed)
		}
	}
	for _, right := range []string{"USD 1,234.56", "USD 1234.56", "USD 0.00", "usd 658632823.47", "JPY 1,000,000"} {
		if _, err := ParseTotal(right); err != nil {
			t.Errorf("%q: %v", right, err)
		}
	}
}

// Each person who had a hand in a run is listed once, with all that they did.
func TestHandsOfARun(t *testing.T) {
	hands := HandsIn([]ledger.Maker{{Actor: user("ann"), Did: ledger.Began}, {Actor: user("bob"), Did: ledger.Filed, Of: "a.csv 12"},
		{Actor: user("ann"), Did: ledger.Began, Of: "R1"}})
	if len(hands) != 2 || hands[0].Words() != "ann (started)" || len(hands[0].Did) != 2 || hands[1].Words() != "bob (file)" {
		t.Errorf("%+v", hands)
	}
}

func TestAnAlteredRunIsNotApproved(t *testing.T) {
	o := newOffer(t, "release: {}\n")
	run := o.mustRun("ann")
	s := o.submitted(run)
	for _, name := range []string{"payments.csv", "manifest.json", "result.json"} {
		path := filepath.Join(run, name)
		was, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append([]byte(" "), was...), 0o640); err != nil {
			t.Fatal(err)
		}
		_, err = Approve(context.Background(), o.as("bob", run), Confirmed{Manifest: s.Entry.Manifest, Typed: ledger.Amount{Currency: "USD", Amount: s.Entry.Totals[0].ToWire}})
		var altered *ledger.AlteredError
		if !errors.As(err, &altered) {
			t.Errorf("%s: %v", name, err)
		}
		if err := os.WriteFile(path, was, 0o640); err != nil {
			t.Fatal(err)
		}
	}
	must(t, o.approve("bob", run))
	// A run made up beside it stops the release, too.
	if err := os.CopyFS(run+"-2", os.DirFS(run)); err != nil {
		t.Fatal(err)
	}
	if err := o.release("ann", run); err == nil || !strings.Contains(err.Error(), "is a run that the history does not know") {
		t.Errorf("%v", err)
	}
}

func TestAReturnAndAWithdrawalEndWhatWasApproved(t *testing.T) {
	o := newOffer(t, "release: {}\n")
	run := o.mustRun("ann")
	giveBack := func(name, comment string) error {
		_, err := Return(context.Background(), o.as(name, run), comment)
		return err
	}
	withdraw := func(name, reason string) error {
		_, err := Withdraw(context.Background(), o.as(name, run), reason)
		return err
	}
	refuses(t, giveBack("bob", "x"), "is computed: there is nothing to return")
	must(t, o.submit("ann", run))
	refuses(t, giveBack("bob", " "), "the comment is empty")
	refuses(t, giveBack("ann", "x"), "does not return it but withdraws it")
	must(t, o.approve("cleo", run), giveBack("bob", "who is participant 0902?"))
	refuses(t, o.release("ann", run), "is returned: it waits for its preparer")
	refuses(t, o.approve("cleo", run), "is returned")
	must(t, o.submit("ann", run))
	refuses(t, o.release("ann", run), "it waits for 1 approval")
	must(t, o.approve("cleo", run))
	refuses(t, withdraw("ann", ""), "the reason is empty")
	refuses(t, withdraw("bob", "x"), "does not withdraw it but returns it")
	must(t, withdraw("ann", "the issuer called"))
	refuses(t, o.release("ann", run), "is withdrawn: it waits for its preparer")
	must(t, o.submit("ann", run), o.approve("bob", run), o.release("ann", run))
	refuses(t, withdraw("ann", "x"), "it is too late to withdraw it")
	refuses(t, giveBack("bob", "x"), "it is too late to return it")
	o.verified()
}

func TestWhatNeedsNoReleaseIsNotSubmitted(t *testing.T) {
	for _, rule := range []string{"", "release: {approvals: 0}\n"} {
		o := newOffer(t, rule)
		run := o.mustRun("ann")
		if o.final() != filepath.Base(run) {
			t.Errorf("%q: final is %q", rule, o.final())
		}
		refuses(t, o.submit("ann", run), "needs no release")
		o.verified()
	}
	o := newOffer(t, "release: {}\n")
	run := o.mustRun("ann", func(r *pipeline.Request) { r.AsOf, r.AcceptRejects = "2026-05-10T12:00", "" })
	refuses(t, o.submit("ann", run), "needs no release")
}

func TestARunThatIsHeldIsNotSubmitted(t *testing.T) {
	o := newOffer(t, "release: {}\n")
	o.lines = 8
	o.report("ann")
	content, err := os.ReadFile(filepath.Join(o.folder, "inbox", "dtc-2026-05-19.csv"))
	if err != nil {
		t.Fatal(err)
	}
	o.write("inbox/dtc-2026-05-19.csv", string(content)+"0000051,52729NAA3,7000,2026-05-01 10:00:00,2399\n", "ann")
	run := o.mustRun("ann", func(r *pipeline.Request) { r.AcceptRejects = "" })
	refuses(t, o.submit("ann", run), "is open; resolve them in the offer")
}

// Money may be wired on indicative runs, too: then they are released, and only one that was can be
// named as the run of the early settlement.
func TestIndicativeRunsAreReleasedWhereTheTermsSaySo(t *testing.T) {
	early := strings.Replace(terms, "settlement: {final", "settlement: {early: 2026-05-06, final", 1) + "release: {from: indicative}\n"
	o := newOffer(t, "")
	o.write("offer.yaml", early, "ann")
	asOf := func(r *pipeline.Request) { r.AsOf, r.AcceptRejects = "2026-05-05T12:00", "" }
	run := o.mustRun("ann", asOf)
	settled := strings.Replace(early, "early: 2026-05-06", "early: 2026-05-06, early_run: "+filepath.Base(run), 1)
	o.write("offer.yaml", settled, "ann")
	if _, err := o.run("ann"); err == nil || !strings.Contains(err.Error(), "which was not released") {
		t.Errorf("%v", err)
	}
	o.write("offer.yaml", early, "ann")
	must(t, o.submit("ann", run), o.approve("bob", run), o.release("ann", run))
	if o.final() != "" {
		t.Errorf("an indicative run is final: %s", o.final())
	}
	o.write("offer.yaml", settled, "cleo")
	final := o.mustRun("ann", func(r *pipeline.Request) { r.TermsChanged = "a test" })
	must(t, o.submit("ann", final))
	refuses(t, o.approve("cleo", final), "(terms offer.yaml)")
	must(t, o.approve("bob", final), o.release("ann", final))
	o.verified()
}

// TestAReleaseThatIsCutOffIsCompleted has each change of files fail in turn while a run is
// released. Either it is not released, or the next time completes it.
func TestAReleaseThatIsCutOffIsCompleted(t *testing.T) {
	o := newOffer(t, "release: {}\n")
	run := o.mustRun("ann")
	must(t, o.submit("ann", run), o.approve("bob", run))
	whole := o.folder
	cut := 0
	for at := 1; ; at++ {
		o.folder = filepath.Join(t.TempDir(), "small")
		if err := os.CopyFS(o.folder, os.DirFS(whole)); err != nil {
			t.Fatal(err)
		}
		count := 0
		req := o.as("ann", filepath.Join(o.folder, "runs", filepath.Base(run)))
		req.Disk = disk.Disk{Fault: func(string, string) error {
			if count++; count == at {
				return errors.New("the disk failed")
			}
			return nil
		}}
		_, _, err := Release(context.Background(), req)
		if err == nil {
			break
		}
		cut++
		if !strings.Contains(err.Error(), "is released; release it again") {
			t.Errorf("change %d: %v", at, err)
		}
		if at%2 == 0 {
			must(t, o.release("ann", req.Run))
		} else {
			o.mustRun("cleo") // so does the next run
		}
		if o.final() != filepath.Base(run) {
			t.Errorf("change %d: final is %q", at, o.final())
		}
		o.verified()
	}
	if cut < 8 {
		t.Errorf("only %d changes", cut)
	}
}

// Who releases a run again, to see that all is well, does not read so of a folder that was altered since.
func TestAnAlteredReleaseIsNotReleasedAgain(t *testing.T) {
	o := newOffer(t, "release: {}\n")
	run := o.mustRun("ann")
	must(t, o.submit("ann", run), o.approve("bob", run), o.release("ann", run))
	must(t, o.release("ann", run))
	folder := filepath.Join(o.folder, "released", filepath.Base(run))
	for _, name := range []string{"release.json", "payments.csv"} {
		path := filepath.Join(folder, name)
		was, err := os.Readlink(path)
		content, readErr := os.ReadFile(path)
		must(t, readErr, os.Remove(path), os.WriteFile(path, []byte("forged"), 0o640))
		var altered *ledger.AlteredError
		if err := o.release("ann", run); !errors.As(err, &altered) || !strings.Contains(err.Error(), name) {
			t.Errorf("with another %s: %v", name, err)
		}
		must(t, os.Remove(path))
		if err == nil {
			must(t, os.Symlink(was, path))
		} else {
			must(t, os.WriteFile(path, content, 0o640))
		}
		must(t, o.release("ann", run))
	}
}
