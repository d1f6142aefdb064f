package release

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tenderbatch/internal/ledger"
	"tenderbatch/internal/pipeline"
)

// seen is one thing that a person really did, as the test saw it: its account of the rules is
// kept of these, and not of the history.
type seen struct {
	who, what string // began, approved, submitted, ended (returned or withdrawn)
	run       string
}

// made is what a run was made of, and by whom.
type made struct {
	terms, report   string // contents
	wrote, reported string // who did
}

// watched is an offer of which the test keeps its own account.
type watched struct {
	*offer
	approvals int
	contents  made // as the folder is now
	caps      int
	acts      []seen
	made      map[string]made
	latest    string
	released  string
}

// TestRandomPeopleNeverReleaseWithoutTheRule has random people do random things in any order, and
// holds each release against what the test saw, and the history against its own rules.
func TestRandomPeopleNeverReleaseWithoutTheRule(t *testing.T) {
	count, releases, refusals := 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		if count++; testing.Short() && count > 8 {
			return
		}
		w := newWatched(t, 1+rapid.IntRange(0, 1).Draw(rt, "more approvals"))
		defer os.RemoveAll(w.folder)
		person := rapid.SampledFrom([]string{"ann", "bob", "cleo", "dan", "eve"})
		for range rapid.IntRange(20, 60).Draw(rt, "steps") {
			who := person.Draw(rt, "who")
			what := rapid.SampledFrom([]string{"report", "terms", "run", "run", "submit", "submit", "approve", "approve", "approve",
				"approve", "return", "withdraw", "release", "release"}).Draw(rt, "what")
			if rapid.IntRange(0, 2).Draw(rt, "towards the release") > 0 {
				what = w.next()
			}
			done, err := w.do(who, what)
			switch {
			case err != nil && strings.Contains(err.Error(), "internal error"):
				rt.Fatal(err)
			case err != nil:
				refusals++
			case done && what == "release":
				releases++
			}
			if wrong := w.wrong(); wrong != "" {
				rt.Fatalf("%s %s: %s", who, what, wrong)
			}
		}
		found, _, err := Verify(w.folder, Signers{})
		if len(found) > 0 || err != nil {
			rt.Fatalf("%v, %v", found, err)
		}
	})
	t.Logf("%d sequences: %d releases, %d steps refused", count, releases, refusals)
	if releases == 0 || refusals == 0 {
		t.Error("nothing was tried")
	}
}

func newWatched(t *testing.T, approvals int) *watched {
	w := &watched{offer: newOffer(t, fmt.Sprintf("release: {approvals: %d}\n", approvals)), approvals: approvals, made: map[string]made{}}
	w.contents = made{terms: "1", report: "1", wrote: "ann", reported: "ann"}
	return w
}

// next is what takes the offer on to its next release.
func (w *watched) next() string {
	if w.latest == "" || w.made[w.latest].terms != w.contents.terms || w.made[w.latest].report != w.contents.report {
		return "run"
	}
	switch StandingOf(w.entries(), w.latest, nil).State {
	case Submitted:
		return "approve"
	case Approved:
		return "release"
	case Released:
		return "report"
	}
	return "submit"
}

// do has a person do something. It reports whether it was done.
func (w *watched) do(who, what string) (done bool, err error) {
	run := filepath.Join(w.folder, "runs", w.latest)
	if w.latest == "" && what != "report" && what != "terms" && what != "run" {
		return false, nil
	}
	note := func(what string) func(error) (bool, error) {
		return func(err error) (bool, error) {
			if err == nil {
				w.acts = append(w.acts, seen{who, what, w.latest})
			}
			return err == nil, err
		}
	}
	switch what {
	case "report":
		w.report(who)
		w.contents.report, w.contents.reported = fmt.Sprint("report ", w.lines), who
		return true, nil
	case "terms":
		w.caps++
		w.contents.terms, w.contents.wrote = fmt.Sprint("terms ", w.caps), who
		w.write("offer.yaml", strings.Replace(terms, "amount: 10000", fmt.Sprintf("amount: %d", 10000+1000*w.caps), 1)+
			fmt.Sprintf("release: {approvals: %d}\n", w.approvals), who)
		return true, nil
	case "run":
		return true, w.runBy(who)
	case "submit":
		return note("submitted")(w.submit(who, run))
	case "approve":
		return note("approved")(w.approve(who, run))
	case "return":
		_, err := Return(context.Background(), w.as(who, run), "a comment")
		return note("ended")(err)
	case "withdraw":
		_, err := Withdraw(context.Background(), w.as(who, run), "a reason")
		return note("ended")(err)
	}
	_, before, err := Release(context.Background(), w.as(who, run))
	if err == nil && !before {
		return true, w.mayHave()
	}
	return false, err
}

// runBy makes a run, and notes what it was made of if it is a new one.
func (w *watched) runBy(who string) error {
	folder, err := w.run(who, func(r *pipeline.Request) {
		r.TermsChanged = "a test"
		if w.final() != "" {
			r.Supersede, r.Reason = "final", "a test"
		}
	})
	if err != nil {
		w.acts = append(w.acts, seen{who, "began", ""})
		return err
	}
	name := filepath.Base(folder)
	if name != w.latest {
		w.acts = append(w.acts, seen{who, "began", name})
		w.latest, w.made[name] = name, w.contents
	}
	return nil
}

// mayHave is an error if the release that was just made breaks the rule by what the test saw.
func (w *watched) mayHave() error {
	run := w.latest
	if w.made[run].terms != w.contents.terms || w.made[run].report != w.contents.report {
		return fmt.Errorf("internal error: %s was released, and something new had come", run)
	}
	makers := map[string]bool{}
	var before made
	from := 0
	if w.released != "" {
		before = w.made[w.released]
		from = 1 + slices.IndexFunc(w.acts, func(a seen) bool { return a.what == "began" && a.run == w.released })
	}
	made := slices.IndexFunc(w.acts, func(a seen) bool { return a.what == "began" && a.run == run })
	for i := from; i < len(w.acts); i++ {
		if a := w.acts[i]; (a.what == "began" && i <= made) || (a.what == "submitted" && a.run == run) {
			makers[a.who] = true
			if of, is := w.made[a.run]; is && a.what == "began" {
				if of.terms != before.terms {
					makers[of.wrote] = true
				}
				if of.report != before.report {
					makers[of.reported] = true
				}
			}
		}
	}
	approved := map[string]bool{}
	for _, a := range w.acts {
		switch {
		case a.run == run && a.what == "approved":
			approved[a.who] = true
		case a.run == run && (a.what == "submitted" || a.what == "ended"), a.what == "began" && a.run != "" && a.run != run:
			approved = map[string]bool{}
		}
	}
	n := 0
	for who := range approved {
		if makers[who] {
			return fmt.Errorf("internal error: %s was released on the approval of %s, who had a hand in it", run, who)
		}
		n++
	}
	if n < w.approvals {
		return fmt.Errorf("internal error: %s was released on %d approvals of %d", run, n, w.approvals)
	}
	w.released = run
	return nil
}

// wrong says what in the folder is not as the test saw it, "" if all is.
func (w *watched) wrong() string {
	if final := w.final(); final != w.released {
		return fmt.Sprintf("final is %q, and %q was released last", final, w.released)
	}
	if w.latest == "" {
		return ""
	}
	if at := ledger.LatestIn(w.entries()); at != w.latest {
		return fmt.Sprintf("the newest is %q, and %q was made last", at, w.latest)
	}
	return ""
}
