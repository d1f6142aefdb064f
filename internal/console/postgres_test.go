package console

import (
	"context"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tenderbatch/internal/account"
	"tenderbatch/internal/kept"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/servertest"
	"tenderbatch/internal/shared"
)

// openAccounts opens new accounts, in a file or in PostgreSQL.
func openAccounts(t *testing.T, now func() time.Time) (*account.Store, error) {
	t.Helper()
	if !servertest.OnPostgres() {
		return account.Open(filepath.Join(t.TempDir(), account.FileName), now)
	}
	db, err := shared.ConsoleDB(t.Context(), servertest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	return account.OpenPostgres(db, now)
}

func TestOnPostgres(t *testing.T) { servertest.AgainOnPostgres(t) }

// sharing is a [Share] that says what was asked of it, and fails as a test wants.
type sharing struct {
	refreshed, worked int
	err               error
}

func (s *sharing) Refresh(context.Context, string) error { s.refreshed++; return s.err }

func (s *sharing) Work(ctx context.Context, offer string, do func(context.Context, string) error) error {
	s.worked++
	ctx, then := kept.Within(ctx)
	err := errors.Join(do(ctx, offer), s.err)
	if err == nil {
		then()
	}
	return err
}

var _ Share = (*shared.Offers)(nil)

func TestWhatOthersWorkOnIsKeptBeforeTheAnswer(t *testing.T) {
	share := &sharing{}
	h := newHouse(t, func(c *Config) { c.Share = share })
	p := h.person("pat", account.Grant{Role: account.Preparer})
	if status, _ := p.get("/offers/" + offerName); status != http.StatusOK || share.refreshed != 1 {
		t.Errorf("a page: %d, brought forward %d times", status, share.refreshed)
	}
	form := []string{"action", "pause", "reason", "a test"}
	if status, body := p.post("/offers/"+offerName+"/pause", form...); status != http.StatusSeeOther || share.worked != 1 {
		t.Errorf("a form: %d, %d works: %s", status, share.worked, body)
	}
	share.err = ledger.ErrBusy
	if status, body := p.post("/offers/"+offerName+"/pause", form...); status != http.StatusServiceUnavailable ||
		!strings.Contains(body, "nothing was changed") {
		t.Errorf("a form that was not kept: %d %s", status, body)
	}
	if status, _ := p.get("/offers/" + offerName); status != http.StatusServiceUnavailable {
		t.Errorf("a page of an offer that cannot be had: %d", status)
	}
}

// TestAStepThatIsNotKeptIsNotSaidToBeTaken has a step refused as it is kept: no page, no header and no mail says that it was
// taken.
func TestAStepThatIsNotKeptIsNotSaidToBeTaken(t *testing.T) {
	share, reported := &sharing{}, 0
	h := demandingWith(t, "{approvals: 1}", func(c *Config) {
		c.Share = share
		c.Stepped = func(string, ledger.Entry) { reported++ }
	})
	p := h.person("ann", account.Grant{Role: account.Preparer})
	share.err = shared.ErrOvertaken
	answer, err := p.PostForm(h.server.URL+approvalPath+"/submit", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Location") != "" ||
		strings.Contains(string(body), "is submitted") {
		t.Errorf("%d, %v, %v: %s", answer.StatusCode, answer.Header, err, body)
	}
	share.err = nil
	if _, body := p.get("/schedule"); strings.Contains(body, "is submitted") {
		t.Error("the next page says that it was taken")
	}
	if reported > 0 {
		t.Error("it was reported")
	}
	if status, _ := p.post(approvalPath+"/withdraw", "reason", "a test"); status != http.StatusSeeOther || reported != 1 {
		t.Errorf("a step that is kept: %d, reported %d times", status, reported)
	}
}

func TestJobsOfAllMachinesAreShownToThoseWhoMaySeeThem(t *testing.T) {
	h := newHouse(t, func(c *Config) {
		c.Jobs = func() ([]Job, error) {
			return []Job{{Offer: offerName, For: "2004-12-01", State: "parked", Worker: "machine-7", Error: "<b>out of memory</b>"},
				{Offer: "another", State: "waiting"}}, nil
		}
	})
	preparer := h.person("pat", account.Grant{Role: account.Preparer, Offer: offerName})
	viewer := h.person("vic", account.Grant{Role: account.Viewer, Offer: offerName})
	_, page := preparer.get("/schedule")
	for _, want := range []string{"On all machines", "parked", "machine-7", "&lt;b&gt;out of memory"} {
		if !strings.Contains(page, want) {
			t.Errorf("a preparer does not see %q", want)
		}
	}
	if strings.Contains(page, "another") {
		t.Error("a preparer sees jobs of another offer")
	}
	if _, page = viewer.get("/schedule"); !strings.Contains(page, "parked") || strings.Contains(page, "machine-7") {
		t.Error("what a viewer sees of jobs is wrong")
	}
}
