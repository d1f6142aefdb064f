package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"

	"tenderbatch/internal/settings"
)

// delivery is the JSON of a webhook. docs/settings.md explains it.
type delivery struct {
	Version    int     `json:"version"`
	ID         string  `json:"id"`
	Event      Kind    `json:"event"`
	At         string  `json:"at,omitempty"`
	Offer      string  `json:"offer"`
	Through    string  `json:"through,omitempty"`
	Issuer     string  `json:"issuer,omitempty"`
	Run        string  `json:"run,omitempty"`
	Trigger    string  `json:"trigger,omitempty"`
	Slot       string  `json:"slot,omitempty"`
	Exit       int     `json:"exit"`
	DurationMS int64   `json:"duration_ms,omitempty"`
	Rows       int     `json:"rows,omitempty"`
	Counted    int     `json:"counted,omitempty"`
	Rejected   int     `json:"rejected,omitempty"`
	Totals     []Total `json:"totals,omitempty"`
	Message    string  `json:"message,omitempty"`
	Advice     string  `json:"advice,omitempty"`
	Folder     string  `json:"folder,omitempty"`
	Text       string  `json:"text"`
}

func (e Event) delivery() delivery {
	d := delivery{
		Version: 1, Event: e.Kind, Exit: e.Exit, DurationMS: e.Duration.Milliseconds(),
		Offer: Line(e.Offer, maxField), Issuer: Line(e.Issuer, maxField), Run: Line(e.Run, maxField),
		Through: Line(e.Through, maxField),
		Trigger: Line(e.Trigger, maxField), Slot: Line(e.Slot, maxField), Folder: Line(e.Folder, maxField),
		Rows: e.Rows, Counted: e.Counted, Rejected: e.Rejected, Totals: e.Totals,
		Message: lines(e.Message, maxMessage), Advice: Line(e.whatToDo(), maxField), Text: e.text(true),
	}
	if !e.At.IsZero() {
		d.At = e.At.UTC().Format(time.RFC3339Nano)
	}
	d.ID = uuid(e.about(), e.Attempt, string(e.Kind), e.Slot, d.At)
	return d
}

// addWebhook adds the webhook of the settings.
func (n *Notifier) addWebhook(w settings.Webhook, getenv func(string) string) error {
	if w.IsZero() {
		return nil
	}
	to, err := address("webhook", w.URL, w.URLEnv, getenv)
	if err != nil {
		return err
	}
	var key string
	if w.SecretEnv != "" {
		if key, err = secret(getenv, "webhook.secret_env", w.SecretEnv); err != nil {
			return err
		}
	}
	n.secrets.AddURL(to)
	n.secrets.Add(key)
	n.ways = append(n.ways, way{
		name:  "webhook",
		wants: func(e Event) bool { return e.wanted(w.On) },
		prepare: func(e Event) func(context.Context) error {
			return func(ctx context.Context) error { return n.deliver(ctx, addressed(to, e.Offer), key, e) }
		},
	})
	return nil
}

func (n *Notifier) deliver(ctx context.Context, to, key string, e Event) error {
	d := e.delivery()
	body, err := json.Marshal(d)
	if err != nil {
		return final{err}
	}
	header := http.Header{
		"Content-Type": {"application/json"}, "X-Batch-Event": {string(d.Event)}, "X-Batch-Delivery": {d.ID},
	}
	if key != "" {
		header.Set("X-Batch-Signature-256", signature(key, body))
	}
	_, err = n.post(ctx, to, header, body)
	return err
}

// signature is the header by which a receiver knows that a body is ours.
func signature(key string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(body) // never fails
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}
