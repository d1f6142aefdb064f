package console

import (
	"context"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tenderbatch/internal/account"
	"tenderbatch/internal/kept"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/prepare"
	"tenderbatch/internal/release"
)

// busyWait is how long a step waits for a run that holds the offer.
const busyWait = 5 * time.Second

// actor is the account of a request, as the history names it.
func actor(r *http.Request) ledger.Actor {
	return ledger.Actor{Kind: ledger.Account, Name: me(r).Name}
}

// from is where a request comes from, for the history.
func (c *Console) from(r *http.Request) string {
	return me(r).Name + "@" + c.address(r) + " in the console"
}

// step is a request for a step with the run that the address names.
func (c *Console) step(r *http.Request) (release.Request, error) {
	folder, err := c.folderOf(r)
	if err != nil {
		return release.Request{}, err
	}
	run := r.PathValue("run")
	if run != filepath.Base(run) || strings.HasPrefix(run, ".") {
		return release.Request{}, errNotFound
	}
	return release.Request{Run: filepath.Join(folder, offerfolder.RunsName, run), Actor: actor(r), By: c.from(r), Clock: c.Now,
		Version: c.Version, Wait: busyWait, Disk: c.Disk, Signers: c.Signers}, nil
}

// prepareRequest is a request for a change of what the runs of an offer are made of.
func (c *Console) prepareRequest(r *http.Request, folder string) prepare.Request {
	return prepare.Request{Folder: folder, Actor: actor(r), By: c.from(r), Clock: c.Now, Version: c.Version, Wait: busyWait,
		Disk: c.Disk}
}

// waiting is a run that waits for a step.
type waiting struct {
	*release.Waiting
	Offer string // name of its folder
	Mine  bool   // the account may take the step that it waits for
}

// approvePage is the queue: what waits for whom.
func (c *Console) approvePage(w http.ResponseWriter, r *http.Request) {
	folders, err := c.offers()
	if err != nil {
		c.failed(w, r, err)
		return
	}
	var all []*waiting
	for _, name := range sortedKeys(folders) {
		if !me(r).May(account.See, name) {
			continue
		}
		one, err := c.waitingOf(r, name, folders[name])
		if err != nil {
			c.failed(w, r, err)
			return
		}
		if one != nil {
			all = append(all, one)
		}
	}
	slices.SortStableFunc(all, func(a, b *waiting) int {
		order := map[bool]int{true: 0, false: 1}
		return order[a.Mine] - order[b.Mine]
	})
	c.show(w, r, "approve", "Approve", all)
}

// waitingOf is the newest run of an offer if it waits for a step, nil if it waits for none.
func (c *Console) waitingOf(r *http.Request, name, folder string) (*waiting, error) {
	terms, err := offerfolder.Terms(folder)
	if err != nil {
		return nil, nil // the page of the offers says what is wrong
	}
	history, err := pipeline.HistoryOf(folder)
	if err != nil {
		return nil, err
	}
	w := release.WaitingOf(history, terms, c.Now())
	if w == nil {
		return nil, nil
	}
	if !me(r).May(account.SeeNames, name) {
		w.Last.Message = "" // people can name participants in it
	}
	return &waiting{Waiting: w, Offer: name, Mine: w.Held == "" && mine(w.Standing, me(r), name)}, nil
}

// mine reports whether an account can take the step that a run waits for.
func mine(s *release.Standing, a *account.Account, offer string) bool {
	who := ledger.Actor{Kind: ledger.Account, Name: a.Name}
	switch s.State {
	case release.Submitted:
		return a.May(account.Approve, offer) && s.Hand(who) == nil && !s.HasApproved(who)
	case release.Approved:
		return a.May(account.Approve, offer) || a.May(account.Prepare, offer)
	}
	return a.May(account.Prepare, offer)
}

// approval is what an approver is shown of a run.
type approval struct {
	*readRun
	Standing  *release.Standing
	Statement *release.Statement // nil if the account may not approve it
	WhyNot    string
	InTheWay  string // of the step that the run waits for, for anyone
	Hands     []release.Hand
	Returns   bool // the account may return it although it has its approvals
	Withdraws bool
	Fault     string
	Typed     string
	Zone      *time.Location
	HasKey    bool // an SSH key of the account is known
}

// runApprovalPage shows what is to be approved, or why it is not for this account.
func (c *Console) runApprovalPage(w http.ResponseWriter, r *http.Request) {
	c.showApproval(w, r, http.StatusOK, "", "")
}

func (c *Console) showApproval(w http.ResponseWriter, r *http.Request, status int, fault, typed string) {
	run, err := c.runOf(r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	folder := filepath.Dir(run.Runs)
	terms, err := offerfolder.Terms(folder)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	history, err := pipeline.HistoryOf(folder)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	page := approval{readRun: run, Fault: fault, Typed: typed, Zone: terms.Zone(), HasKey: c.Signers.HasKey(actor(r)),
		Standing: release.StandingOf(history.Entries, run.record.Run, terms.AsOf(c.Now()).Release)}
	if page.Standing != nil {
		c.ready(r, &page)
		hand, offer := page.Standing.Hand(actor(r)), r.PathValue("offer")
		page.Returns = page.Standing.State == release.Approved && me(r).May(account.Approve, offer) && hand == nil
		page.Withdraws = (page.Standing.State == release.Submitted || page.Standing.State == release.Approved) &&
			me(r).May(account.Prepare, offer) && hand != nil
		page.Hands = release.HandsIn(page.Standing.Makers)
		if !me(r).May(account.SeeNames, r.PathValue("offer")) {
			page.blind()
		}
	}
	c.showWith(w, r, status, "approval", "Release of "+run.record.Run, page)
}

// ready finds what the account can do about a run, and what is in the way of it.
func (c *Console) ready(r *http.Request, page *approval) {
	a, offer := me(r), r.PathValue("offer")
	req, err := c.step(r)
	switch s := page.Standing.State; {
	case s == release.Released, s == release.Overtaken, page.doc.Held != "":
		return
	case s == release.Submitted && a.May(account.Approve, offer):
		if err == nil {
			page.Statement, err = release.Show(r.Context(), req)
		}
		if err != nil {
			page.WhyNot = c.withoutFolder(err)
		}
	case s != release.Submitted && a.May(account.Prepare, offer), s == release.Approved && a.May(account.SeeNames, offer):
		if err == nil {
			err = release.Ready(r.Context(), req)
		}
		if err != nil {
			page.InTheWay = c.withoutFolder(err)
		}
	}
}

// blind leaves out what can have names in it: what people wrote, and of what they are makers.
func (a *approval) blind() {
	a.Standing.Last.Message = ""
	for i := range a.Hands {
		for j := range a.Hands[i].Did {
			a.Hands[i].Did[j].Of = ""
		}
	}
}

// statement is the text that an approver signs, as a file: copied from a page it could differ.
func (c *Console) statement(w http.ResponseWriter, r *http.Request) {
	req, err := c.step(r)
	var s *release.Statement
	if err == nil {
		s, err = release.Show(r.Context(), req)
	}
	switch {
	case err != nil && isUsage(err):
		c.refused(w, r, http.StatusUnprocessableEntity, c.withoutFolder(err))
	case err != nil:
		c.failed(w, r, err)
	default:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="statement.txt"`)
		_, _ = io.WriteString(w, s.Text()) // a browser that went away misses nothing
	}
}

// took answers a step: with the page of the run, or with why it was refused.
func (c *Console) took(w http.ResponseWriter, r *http.Request, err error, typed, notice string) {
	switch {
	case err != nil && isUsage(err):
		c.showApproval(w, r, http.StatusUnprocessableEntity, c.withoutFolder(err), typed)
	case err != nil:
		c.failed(w, r, err)
	default:
		c.logs(r, notice, "offer", r.PathValue("offer"), "run", r.PathValue("run"))
		c.done(w, r, "/offers/"+r.PathValue("offer")+"/runs/"+r.PathValue("run")+"/approval", notice)
	}
}

// stepDone takes a step, and returns it as it was noted; the zero entry if it was taken before.
type stepDone func(context.Context, release.Request, *http.Request) (ledger.Entry, error)

// stepWith takes a step of the release with what the form says.
func (c *Console) stepWith(do stepDone, notice string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		req, err := c.step(r)
		var e ledger.Entry
		if err == nil {
			e, err = do(r.Context(), req, r)
		}
		if err == nil && e.Seq > 0 && c.Stepped != nil {
			kept.Then(r.Context(), func() { c.Stepped(filepath.Dir(filepath.Dir(req.Run)), e) })
		}
		c.took(w, r, err, r.PostFormValue("total"), notice)
	}
}

func submitRun(ctx context.Context, req release.Request, _ *http.Request) (ledger.Entry, error) {
	return release.Submit(ctx, req)
}

// approveRun approves what was shown: the digest of the page, and the total that was typed.
func approveRun(ctx context.Context, req release.Request, r *http.Request) (ledger.Entry, error) {
	typed, err := release.ParseTotal(r.PostFormValue("total"))
	if err != nil {
		return ledger.Entry{}, err
	}
	return release.Approve(ctx, req, release.Confirmed{Manifest: r.PostFormValue("manifest"), Typed: typed,
		Signature: []byte(strings.ReplaceAll(strings.TrimSpace(r.PostFormValue("signature")), "\r\n", "\n"))})
}

func returnRun(ctx context.Context, req release.Request, r *http.Request) (ledger.Entry, error) {
	return release.Return(ctx, req, r.PostFormValue("comment"))
}

func withdrawRun(ctx context.Context, req release.Request, r *http.Request) (ledger.Entry, error) {
	return release.Withdraw(ctx, req, r.PostFormValue("reason"))
}

func releaseRun(ctx context.Context, req release.Request, _ *http.Request) (ledger.Entry, error) {
	e, before, err := release.Release(ctx, req)
	if before {
		e = ledger.Entry{}
	}
	return e, err
}
