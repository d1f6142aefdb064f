package tracing

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestSpansReachACollector(t *testing.T) {
	got := make(chan []byte, 10)
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body io.Reader = r.Body
		if r.Header.Get("Content-Encoding") == "gzip" {
			body, _ = gzip.NewReader(r.Body)
		}
		content, err := io.ReadAll(body)
		if err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("%s: %v", r.URL, err)
		}
		got <- content
	}))
	defer collector.Close()
	t.Setenv(endpointEnv, collector.URL)
	stop, err := Start(t.Context(), func(name string) string { return map[string]string{endpointEnv: collector.URL}[name] }, "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	_, run := Begin(t.Context(), "level3-2004", "attempt-1", "schedule", "a slot", at)
	run.Stage("reading", at.Add(time.Second), time.Second)
	run.End("2004-12-01T080000-1", errors.New("a failure"), at.Add(2*time.Second))
	stop()
	select {
	case content := <-got:
		for _, want := range []string{"level3-2004", "attempt-1", "reading", "a failure", "1.2.3", "2004-12-01T080000-1"} {
			if !bytes.Contains(content, []byte(want)) {
				t.Errorf("nothing of %q was sent", want)
			}
		}
	default:
		t.Fatal("nothing was sent")
	}
}

func TestWithoutACollectorNothingIsSent(t *testing.T) {
	stop, err := Start(t.Context(), func(string) string { return "" }, "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	_, run := Begin(t.Context(), "a", "b", "c", "", time.Now())
	run.Stage("reading", time.Now(), time.Second)
	run.End("", nil, time.Now())
	stop()
}
