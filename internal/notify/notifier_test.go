package notify

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tenderbatch/internal/exitcode"
	"tenderbatch/internal/settings"
)

// received is a request as a server got it.
type received struct {
	path, query, body string
	header            http.Header
}

// receiver is a server that keeps what it gets. answer writes the answer to the
// n-th request, counted from 1.
type receiver struct {
	*httptest.Server
	mu  sync.Mutex
	got []received
}

func newReceiver(t *testing.T, answer func(w http.ResponseWriter, n int)) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		r.got = append(r.got, received{request.URL.Path, request.URL.RawQuery, string(body), request.Header})
		n := len(r.got)
		r.mu.Unlock()
		answer(w, n)
	}))
	t.Cleanup(r.Close)
	return r
}

// all returns what came so far.
func (r *receiver) all() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]received{}, r.got...)
}

func answerOK(w http.ResponseWriter, _ int) { _, _ = io.WriteString(w, "OK") }

// answerBusy fails the first requests.
func answerBusy(first int) func(http.ResponseWriter, int) {
	return func(w http.ResponseWriter, n int) {
		if n <= first {
			http.Error(w, "busy", http.StatusServiceUnavailable)
		}
	}
}

// notifier is one by the settings, with short pauses.
func notifier(t *testing.T, s settings.Settings, environment map[string]string) *Notifier {
	t.Helper()
	n, err := New(s, func(k string) string { return environment[k] }, "0.1.0")
	if err != nil {
		t.Fatal(err)
	}
	n.timeout, n.pauses = 5*time.Second, []time.Duration{time.Millisecond, time.Millisecond}
	return n
}

func pinging(url string) settings.Settings {
	return settings.Settings{Ping: settings.Ping{URL: url}}
}

// an event of each kind
var (
	sampleAt = time.Date(2004, 11, 12, 22, 30, 4, 0, time.UTC)
	sample   = Event{
		Kind: Rejects, At: sampleAt, Offer: "level3-2004", Issuer: "Level 3 Communications, Inc.", Attempt: "a1",
		Run: "2004-11-12T173004-1a2b3c4d", Trigger: "schedule", Slot: "2004-11-12T17:30:00-05:00", Exit: 3,
		Duration: 4210 * time.Millisecond, Rows: 312, Counted: 305, Rejected: 7,
		Totals:  []Total{{Currency: "USD", Tendered: "735696000", Accepted: "450000000", ToWire: "391712345.67"}},
		Message: "published", Folder: "/srv/batch/offers/level3-2004/runs/2004-11-12T173004-1a2b3c4d",
	}
)

func event(kind Kind, exit int) Event {
	e := sample
	e.Kind, e.Exit = kind, exit
	return e
}

func TestEachPingGoesWhereTheConventionsSay(t *testing.T) {
	for _, c := range []struct {
		event Event
		path  string
	}{
		{event(Success, 0), "/key/level3-2004"},
		{event(Rejects, 3), "/key/level3-2004"},
		{event(Failure, 1), "/key/level3-2004/1"},
		{event(Failure, 6), "/key/level3-2004/6"},
		{event(Failure, 130), "/key/level3-2004/130"},
		{event(Failure, 0), "/key/level3-2004/fail"},
		{event(Failure, -1), "/key/level3-2004/fail"},
		{event(Missed, 0), "/key/level3-2004/fail"},
	} {
		r := newReceiver(t, answerOK)
		if err := notifier(t, pinging(r.URL+"/key/{offer}?create=1"), nil).End(t.Context(), c.event); err != nil {
			t.Errorf("%s %d: %v", c.event.Kind, c.event.Exit, err)
			continue
		}
		got := r.all()
		if len(got) != 1 || got[0].path != c.path || !strings.HasPrefix(got[0].query, "create=1&rid=") {
			t.Errorf("%s %d: %+v, want %s", c.event.Kind, c.event.Exit, got, c.path)
		}
	}
}

func TestStartAndEndOfARunCarryOneIDAndComeInOrder(t *testing.T) {
	r := newReceiver(t, answerOK)
	n := notifier(t, pinging(r.URL+"/uuid/"), nil)
	second := sample
	second.Attempt = "a2"
	for _, e := range []Event{sample, second} {
		n.Start(t.Context(), e)
		if err := n.End(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	got := r.all()
	if len(got) != 4 {
		t.Fatalf("%d pings, want 4", len(got))
	}
	if got[0].path != "/uuid/start" || got[1].path != "/uuid/" || got[2].path != "/uuid/start" || got[3].path != "/uuid/" {
		t.Errorf("the pings came as %s, %s, %s, %s", got[0].path, got[1].path, got[2].path, got[3].path)
	}
	if got[0].query != got[1].query || got[2].query != got[3].query || got[0].query == got[2].query {
		t.Errorf("the ids are %s, %s and %s, %s", got[0].query, got[1].query, got[2].query, got[3].query)
	}
}

func TestStartDoesNotWaitForTheServer(t *testing.T) {
	release := make(chan struct{})
	r := newReceiver(t, func(_ http.ResponseWriter, n int) {
		if n == 1 {
			<-release
		}
	})
	n := notifier(t, pinging(r.URL+"/a"), nil)
	n.Start(t.Context(), sample) // would hang if it waited
	ended := make(chan error)
	go func() { ended <- n.End(t.Context(), sample) }()
	close(release)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if got := r.all(); len(got) != 2 || got[0].path != "/a/start" || got[1].path != "/a" {
		t.Errorf("got %+v, want the start and then the end", got)
	}
}

func TestAStartIsNotTriedAgainOnceTheRunHasEnded(t *testing.T) {
	r := newReceiver(t, answerBusy(1))
	n := notifier(t, pinging(r.URL+"/a"), nil)
	n.pauses = []time.Duration{time.Hour} // the test hangs if the start is waited for
	n.Start(t.Context(), sample)
	err := n.End(t.Context(), sample)
	if err == nil || !strings.Contains(err.Error(), "(start) was not delivered") {
		t.Errorf("%v, want the failed start", err)
	}
	if got := r.all(); len(got) != 2 || got[1].path != "/a" {
		t.Errorf("got %+v, want one start and the end", got)
	}
}

func TestABusyServerIsTriedThreeTimes(t *testing.T) {
	r := newReceiver(t, answerBusy(2))
	if err := notifier(t, pinging(r.URL+"/a"), nil).End(t.Context(), sample); err != nil || len(r.all()) != 3 {
		t.Errorf("%d pings, %v; want 3 and no error", len(r.all()), err)
	}
	r = newReceiver(t, answerBusy(9))
	err := notifier(t, pinging(r.URL+"/a"), nil).End(t.Context(), sample)
	if err == nil || !strings.Contains(err.Error(), `answers 503 Service Unavailable: "busy"`) || len(r.all()) != 3 {
		t.Errorf("%d pings, %v; want 3 and the answer", len(r.all()), err)
	}
}

func TestWhatCannotSucceedIsTriedOnce(t *testing.T) {
	for want, answer := range map[string]func(http.ResponseWriter, int){
		"answers 404 Not Found": func(w http.ResponseWriter,
			_ int) {
			http.Error(w, "not found", http.StatusNotFound)
		},
		`answers "OK (not found)"; check the address`: func(w http.ResponseWriter, _ int) {
			_,
				_ = io.WriteString(w, "OK (not found)")
		},
		"answers with a redirect (301)": func(w http.ResponseWriter, _ int) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(http.StatusMovedPermanently)
		},
	} {
		r := newReceiver(t, answer)
		err := notifier(t, pinging(r.URL+"/secret-key"), nil).End(t.Context(), sample)
		if err == nil || !strings.Contains(err.Error(), want) || len(r.all()) != 1 {
			t.Errorf("%d pings, %v; want one and %q", len(r.all()), err, want)
		}
	}
}

func TestASilentServerIsGivenUp(t *testing.T) {
	release := make(chan struct{})
	r := newReceiver(t, func(http.ResponseWriter, int) { <-release })
	defer close(release)
	n := notifier(t, pinging(r.URL+"/a"), nil)
	n.timeout = 20 * time.Millisecond
	if err := n.End(t.Context(), sample); err == nil || !strings.Contains(err.Error(), "no answer within 20ms") {
		t.Errorf("%v, want that there was no answer", err)
	}
}

// TestADeadlineThatAConnectionNoticesFirstIsNoAnswer has a connection's own clock go off before that of the try, which has the
// same time.
func TestADeadlineThatAConnectionNoticesFirstIsNoAnswer(t *testing.T) {
	over, stop := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer stop()
	_, dialing := (&net.Dialer{}).DialContext(over, "tcp", "127.0.0.1:1")
	for _, c := range []struct {
		err  error
		want string
	}{
		{&net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded}, "no answer within 1h0m0s"},
		{fmt.Errorf("mail.example.com: %w", dialing), "no answer within 1h0m0s"},
		{&net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "i/o timeout", Name: "mail.example.com", IsTimeout: true}},
			"dial tcp: lookup mail.example.com: i/o timeout"},
	} {
		if err := once(t.Context(), time.Hour, func(context.Context) error { return c.err }); err == nil || err.Error() != c.want {
			t.Errorf("%v: %v, want %q", c.err, err, c.want)
		}
	}
}

func TestADoneContextEndsTheTries(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := newReceiver(t, func(w http.ResponseWriter, _ int) {
		http.Error(w, "busy", http.StatusServiceUnavailable)
		cancel()
	})
	n := notifier(t, pinging(r.URL+"/a"), nil)
	n.pauses = []time.Duration{time.Hour}
	if err := n.End(ctx, sample); err == nil || len(r.all()) != 1 {
		t.Errorf("%d pings, %v; want one and an error", len(r.all()), err)
	}
	if err := n.End(ctx, sample); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want canceled", err)
	}
}

func TestNoErrorShowsTheAddress(t *testing.T) {
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	busy := newReceiver(t, answerBusy(9))
	for _, to := range []string{down.URL, busy.URL} {
		s := pinging(to + "/secret-key")
		s.Webhook = settings.Webhook{URL: to + "/secret-key?token=secret-key", On: []settings.Occasion{settings.Rejects}}
		err := notifier(t, s, nil).End(t.Context(), sample)
		if err == nil || strings.Contains(err.Error(), "secret-key") {
			t.Errorf("the error is %v", err)
		}
		if err != nil && (!strings.Contains(err.Error(), "the ping about level3-2004") ||
			!strings.Contains(err.Error(), "the webhook about level3-2004")) {
			t.Errorf("the error %v does not name both ways", err)
		}
	}
}

func TestThePingIsShortUnlessAllIsWanted(t *testing.T) {
	r := newReceiver(t, answerOK)
	s := pinging(r.URL + "/a")
	if err := notifier(t, s, nil).End(t.Context(), sample); err != nil {
		t.Fatal(err)
	}
	s.Ping.Full = true
	long := sample
	long.Message = strings.Repeat("a line of a message that goes on and on\n", 1000)
	longer := long
	longer.Run, longer.Trigger, longer.Slot, longer.Folder, longer.Issuer = long.Message, long.Message, long.Message,
		long.Message, long.Message
	for _, e := range []Event{long, longer} {
		if err := notifier(t, s, nil).End(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	short, full, cut := r.all()[0].body, r.all()[1].body, r.all()[2].body
	if !strings.Contains(short, "312 read, 305 counted, 7 rejected") || strings.Contains(short, "391,712,345.67") ||
		strings.Contains(short, "/srv/") {
		t.Errorf("the short text is\n%s", short)
	}
	if !strings.Contains(full, "391,712,345.67") || strings.Contains(full, "/srv/") || len(full) > maxPing {
		t.Errorf("the full text has %d bytes, or no totals", len(full))
	}
	if len(cut) > maxPing || len(cut) < maxPing-4 {
		t.Errorf("the longest text has %d bytes, want %d", len(cut), maxPing)
	}
}

func TestAMissingVariableIsNamedAndTheRestStillTells(t *testing.T) {
	r := newReceiver(t, answerOK)
	s := pinging(r.URL + "/a")
	s.Webhook = settings.Webhook{URLEnv: "HOOK", On: []settings.Occasion{settings.Rejects}}
	s.Mail = settings.Mail{Server: "mail.example", Username: "a", PasswordEnv: "MAIL_PASSWORD"}
	n, err := New(s, func(string) string { return "" }, "0.1.0")
	want := "the environment variable MAIL_PASSWORD, which mail.password_env names, is not set or empty; set it " +
		"where the program is started\n" +
		"the environment variable HOOK, which webhook.url_env names, is not set or empty; set it where the program is started"
	if err == nil || err.Error() != want {
		t.Errorf("the error is\n%v\nwant\n%s", err, want)
	}
	if err := n.End(t.Context(), sample); err != nil || len(r.all()) != 1 {
		t.Errorf("%d pings, %v; want one", len(r.all()), err)
	}
	_, err = New(settings.Settings{Ping: settings.Ping{URLEnv: "PING"}}, func(string) string { return "s3cret" }, "0.1.0")
	if err == nil || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "PING") {
		t.Errorf("a wrong URL in a variable: %v", err)
	}
}

func TestACertificateThatNobodyVouchesForGetsNoNotice(t *testing.T) {
	var taken atomic.Int32
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { taken.Add(1) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	defer server.Close()
	n := notifier(t, pinging(server.URL+"/a"), nil)
	if err := n.End(t.Context(), sample); err == nil || !strings.Contains(err.Error(), "certificate") ||
		taken.Load() != 0 {
		t.Errorf("%v, and %d pings; want an error and none", err, taken.Load())
	}
	n.roots = x509.NewCertPool()
	n.roots.AddCert(server.Certificate())
	if err := n.End(t.Context(), sample); err != nil || taken.Load() != 1 {
		t.Errorf("%v, and %d pings; want one", err, taken.Load())
	}
}

func TestTheZeroNotifierTellsNothing(t *testing.T) {
	var n Notifier
	n.Start(t.Context(), sample)
	if err := n.End(t.Context(), sample); err != nil {
		t.Error(err)
	}
}

func TestNoticesOfManyOffersAtOnce(t *testing.T) {
	r := newReceiver(t, answerOK)
	n := notifier(t, pinging(r.URL+"/{offer}"), nil)
	var all sync.WaitGroup
	for _, offer := range []string{"A 1", "b_2", "c/3", "d"} {
		all.Go(func() {
			for range 5 {
				e := sample
				e.Offer = offer
				n.Start(t.Context(), e)
				if err := n.End(t.Context(), e); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	last := map[string]string{}
	for _, got := range r.all() {
		offer, kind, _ := strings.Cut(strings.TrimPrefix(got.path, "/"), "/")
		if last[offer] == kind && len(last) == 4 {
			t.Errorf("%q of %s came twice in a row", kind, offer)
		}
		last[offer] = kind
	}
	if len(last) != 4 || len(r.all()) != 40 || last["a-1"] != "" || last["c-3"] != "" {
		t.Errorf("%d pings of %v, want 40 of 4 offers that end with an end", len(r.all()), last)
	}
}

func TestTheAdviceIsThatOfTheCommandsPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/commands.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "## Exit codes")
	table, _, _ = strings.Cut(table, "\n## ")
	rows := 0
	for _, line := range strings.Split(table, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || strings.Trim(cells[1], " 0123456789") != "" || strings.TrimSpace(cells[1]) == "0" {
			continue
		}
		rows++
		code, todo := strings.TrimSpace(cells[1]), strings.TrimSpace(cells[3])
		found := false
		for _, e := range exitcode.Table {
			found = found || (code == strconv.Itoa(int(e.Code)) && e.Advice == todo)
		}
		if !found {
			t.Errorf("the advice on exit code %s is not %q", code, todo)
		}
	}
	if want := len(exitcode.Table) - 1; rows != want { // without 0
		t.Errorf("the page has %d codes, the table %d", rows, want)
	}
}
