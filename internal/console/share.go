package console

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net/http"

	"tenderbatch/internal/ledger"
)

// answer calls the handler of a route. Where other machines work on the offer, too, it is brought to where it is
// before, and what a form changed is kept for all before the answer says so.
func (c *Console) answer(rt route, w http.ResponseWriter, r *http.Request) {
	offer := r.PathValue("offer")
	switch {
	case c.Share == nil || offer == "":
		rt.handle(w, r)
	case r.Method == http.MethodGet:
		if err := c.Share.Refresh(r.Context(), offer); err != nil {
			c.unshared(w, r, err)
			return
		}
		rt.handle(w, r)
	default:
		held := &heldAnswer{header: http.Header{}}
		err := c.Share.Work(r.Context(), offer, func(ctx context.Context, _ string) error {
			rt.handle(held, r.WithContext(ctx))
			return nil
		})
		if err != nil {
			c.unshared(w, r, err)
			return
		}
		held.send(w)
	}
}

// unshared says that an offer could not be had, or that nothing of a form was kept.
func (c *Console) unshared(w http.ResponseWriter, r *http.Request, err error) {
	c.Log.Warn("an offer could not be had", "offer", r.PathValue("offer"), "error", err.Error())
	said := "The database or the storage does not answer now, so nothing was changed. Try again in a minute."
	if errors.Is(err, ledger.ErrBusy) {
		said = "A run of this offer is being made, so nothing was changed. Try again in a moment."
	}
	c.refused(w, r, http.StatusServiceUnavailable, said)
}

// heldAnswer is an answer that is not sent yet.
type heldAnswer struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

// Header implements [http.ResponseWriter].
func (h *heldAnswer) Header() http.Header { return h.header }

// WriteHeader implements [http.ResponseWriter].
func (h *heldAnswer) WriteHeader(code int) {
	if h.code == 0 {
		h.code = code
	}
}

// Write implements [http.ResponseWriter].
func (h *heldAnswer) Write(p []byte) (int, error) { return h.body.Write(p) }

// send sends it.
func (h *heldAnswer) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), h.header)
	if h.code != 0 {
		w.WriteHeader(h.code)
	}
	_, _ = h.body.WriteTo(w) // a browser that is away needs no answer
}
