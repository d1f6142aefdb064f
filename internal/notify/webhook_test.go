package notify

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"tenderbatch/internal/settings"
)

func hooking(url string) settings.Settings {
	return settings.Settings{Webhook: settings.Webhook{URL: url, SecretEnv: "KEY",
		On: []settings.Occasion{settings.Rejects, settings.Failure}}}
}

var keys = map[string]string{"KEY": "the key"}

// documented is the example of the page.
func documented(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "```json\n")
	source, _, closed := strings.Cut(rest, "```\n")
	if !found || !closed {
		t.Fatal("docs/settings.md has no example of a webhook")
	}
	return source
}

func TestTheWebhookSendsWhatThePageShows(t *testing.T) {
	r := newReceiver(t, answerOK)
	if err := notifier(t, hooking(r.URL+"/hook/{offer}"), keys).End(t.Context(), sample); err != nil {
		t.Fatal(err)
	}
	got := r.all()
	if len(got) != 1 || got[0].path != "/hook/level3-2004" {
		t.Fatalf("got %+v, want one delivery", got)
	}
	var sent, shown map[string]any
	for source, into := range map[string]*map[string]any{got[0].body: &sent, documented(t): &shown} {
		if err := json.Unmarshal([]byte(source), into); err != nil {
			t.Fatal(err)
		}
	}
	if sent["text"] != sample.text(true) || sent["id"] == "" || sent["id"] != got[0].header.Get("X-Batch-Delivery") {
		t.Errorf("the text is %q, the id %q", sent["text"], sent["id"])
	}
	for _, m := range []map[string]any{sent, shown} {
		delete(m, "text") // abridged on the page
		delete(m, "id")
	}
	if !reflect.DeepEqual(sent, shown) {
		t.Errorf("sent\n%v\nthe page shows\n%v", sent, shown)
	}
	if h := got[0].header; h.Get("Content-Type") != "application/json" || h.Get("X-Batch-Event") != "rejects" ||
		h.Get("User-Agent") != "batch/0.1.0" {
		t.Errorf("the headers are %v", h)
	}
}

func TestTheSignatureIsThatOfTheBody(t *testing.T) {
	r := newReceiver(t, answerOK)
	if err := notifier(t, hooking(r.URL), keys).End(t.Context(), sample); err != nil {
		t.Fatal(err)
	}
	got := r.all()[0]
	mac := hmac.New(sha256.New, []byte("the key"))
	mac.Write([]byte(got.body))
	sent, err := hex.DecodeString(strings.TrimPrefix(got.header.Get("X-Batch-Signature-256"), "sha256="))
	if err != nil || !hmac.Equal(sent, mac.Sum(nil)) {
		t.Errorf("the signature is %q, %v", got.header.Get("X-Batch-Signature-256"), err)
	}
	s := hooking(r.URL)
	s.Webhook.SecretEnv = ""
	if err := notifier(t, s, nil).End(t.Context(), sample); err != nil ||
		r.all()[1].header.Get("X-Batch-Signature-256") != "" {
		t.Errorf("signed without a key, %v", err)
	}
}

func TestADeliveryKeepsItsIDWhenItIsTriedAgain(t *testing.T) {
	r := newReceiver(t, answerBusy(2))
	n := notifier(t, hooking(r.URL), keys)
	if err := n.End(t.Context(), sample); err != nil {
		t.Fatal(err)
	}
	other := sample
	other.Attempt = "a2"
	if err := n.End(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	got := r.all()
	if len(got) != 4 || got[0].body != got[1].body || got[1].body != got[2].body {
		t.Fatalf("%d deliveries, of which the first three should be equal", len(got))
	}
	if got[2].header.Get("X-Batch-Delivery") == got[3].header.Get("X-Batch-Delivery") {
		t.Error("two attempts have one id")
	}
}

func TestTheWebhookTellsOnlyWhatItIsAskedFor(t *testing.T) {
	r := newReceiver(t, answerOK)
	n := notifier(t, hooking(r.URL), keys)
	n.Start(t.Context(), sample)
	for _, e := range []Event{event(Success, 0), event(Missed, 0), event(Failure, 1), event(Rejects, 3)} {
		if err := n.End(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	var events []string
	for _, g := range r.all() {
		events = append(events, g.header.Get("X-Batch-Event"))
	}
	if strings.Join(events, " ") != "failure rejects" {
		t.Errorf("it reported %v, want failure and rejects", events)
	}
}

func TestADeliveryHasNothingThatCannotBeSeen(t *testing.T) {
	r := newReceiver(t, answerOK)
	e := sample
	e.Issuer, e.Message, e.Advice, e.Folder = "I\r\nX: y\u202e", "one\x1b[2J\ntwo\u2066", "do\x00 it", "/srv/\u202efolder"
	if err := notifier(t, hooking(r.URL), keys).End(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	var d delivery
	if err := json.NewDecoder(bytes.NewBufferString(r.all()[0].body)).Decode(&d); err != nil {
		t.Fatal(err)
	}
	if d.Issuer != `I X: y\u202e` || d.Message != `one\u001b[2J`+"\n"+`two\u2066` || d.Advice != `do\u0000 it` ||
		d.Folder != `/srv/\u202efolder` || strings.ContainsAny(d.Text, "\x00\x1b\r\u202e\u2066") {
		t.Errorf("delivered %+v", d)
	}
}

func TestAWebhookThatIsRefusedIsNotTriedAgain(t *testing.T) {
	for code, tries := range map[int]int{400: 1, 401: 1, 410: 1, 408: 3, 425: 3, 429: 3, 500: 3, 204: 1} {
		r := newReceiver(t, func(w http.ResponseWriter, _ int) { w.WriteHeader(code) })
		err := notifier(t, hooking(r.URL), keys).End(t.Context(), sample)
		if (err == nil) != (code == 204) || len(r.all()) != tries {
			t.Errorf("%d: %d tries, %v; want %d", code, len(r.all()), err, tries)
		}
	}
}

func TestP7TheWebhookMatchesItsSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../../docs/schemas/webhook.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	valid := func(d any) error {
		b, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(value)
	}
	for _, e := range []Event{sample, {Kind: Success, Offer: "level3-2004"},
		{Kind: Failure, Offer: "level3-2004", Exit: 6, Message: "no"}, {Kind: Missed, Offer: "level3-2004"},
		{Kind: Reminder, Offer: "level3-2004", Open: 2}} {
		if err := valid(e.delivery()); err != nil {
			t.Errorf("%s: %v", e.Kind, err)
		}
	}
	if valid(struct {
		delivery
		Surprise string `json:"surprise"`
	}{sample.delivery(), "new"}) == nil {
		t.Error("an unknown key is taken")
	}
}
