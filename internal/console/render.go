package console

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/shopspring/decimal"

	"tenderbatch/internal/account"
	"tenderbatch/internal/display"
	"tenderbatch/internal/kept"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/tender"
)

//go:embed templates static
var files embed.FS

// staticFiles are the style and the script, which browsers may keep.
func staticFiles() http.Handler {
	served := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600")
		served.ServeHTTP(w, r)
	})
}

// functions are what templates can call.
var functions = template.FuncMap{
	"thousands": display.Thousands,
	"money":     tender.Money,
	"amount":    func(d decimal.Decimal) string { return tender.Thousands(d) },
	"plural":    display.Plural,
	"price":     price,
	"local":     local,
	"lower":     strings.ToLower,
	"base":      path.Base,
	"words":     func(s any) string { return strings.ReplaceAll(fmt.Sprint(s), "_", " ") },
	"ago":       ago,
	"wall":      func(t time.Time, zone *time.Location) string { return tender.WallTime(t.Truncate(time.Second), zone) },
	"utc":       func() *time.Location { return time.UTC },
	"iso":       func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"dict":      dict,
	"outcomes":  outcomesOf,
	"waivable":  offerfile.Waivable,
	"browser":   inBrowser,
	"cash": func(d decimal.Decimal, currency string) string {
		return display.Thousands(tender.CashText(d, currency))
	},
}

// outcomesOf are the ways in which a person can resolve a finding of a rule, none if no one does.
func outcomesOf(rule string) []tender.ResolutionOutcome {
	if !offerfile.Resolvable(rule) {
		return nil
	}
	return offerfile.OutcomesOf(rule)
}

// dict is a map of names and values, for a part of a page that needs several.
func dict(pairs ...any) map[string]any {
	m := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	return m
}

// pages are the templates of all pages by name, each with the frame around it.
var pages = sync.OnceValue(parsePages) // not where another command is given

func parsePages() map[string]*template.Template {
	frame := template.Must(template.New("frame.html").Funcs(functions).ParseFS(files, "templates/frame.html", "templates/parts.html"))
	all := map[string]*template.Template{}
	entries, err := files.ReadDir("templates")
	if err != nil {
		panic(err) // they are in the program
	}
	for _, e := range entries {
		if e.Name() != "frame.html" && e.Name() != "parts.html" {
			all[strings.TrimSuffix(e.Name(), ".html")] = template.Must(template.Must(frame.Clone()).ParseFS(files, "templates/"+e.Name()))
		}
	}
	return all
}

// frame is what every page has around it.
type frame struct {
	Title   string
	Me      *account.Account
	Offer   string // the name of the offer's folder, "" on pages of none
	Tab     string // which of the pages it is
	Notice  string // what was done just now
	Version string
	Now     time.Time
	May     func(act, offer string) bool
	Page    any
}

// show answers with a page.
func (c *Console) show(w http.ResponseWriter, r *http.Request, name, title string, page any) {
	c.showWith(w, r, http.StatusOK, name, title, page)
}

func (c *Console) showWith(w http.ResponseWriter, r *http.Request, status int, name, title string, page any) {
	a := me(r)
	f := frame{Title: title, Me: a, Offer: r.PathValue("offer"), Tab: name, Version: c.Version, Now: c.Now(), Page: page,
		May: func(act, offer string) bool { return a != nil && a.May(account.Act(act), offer) }}
	if a != nil {
		f.Notice = c.sessions.PopString(r.Context(), keyNotice)
	}
	var b bytes.Buffer
	if err := pages()[name].ExecuteTemplate(&b, "frame.html", f); err != nil {
		c.failed(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // a browser that went away
}

// done goes on to another page with a notice of what was done, so that loading that page again
// does not do it twice.
func (c *Console) done(w http.ResponseWriter, r *http.Request, to, notice string) {
	kept.Then(r.Context(), func() { c.sessions.Put(r.Context(), keyNotice, notice) })
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// logs logs what an account did, once it is kept.
func (c *Console) logs(r *http.Request, what string, args ...any) {
	args = append(args, "account", me(r).Name)
	kept.Then(r.Context(), func() { c.Log.Info(what, args...) })
}

// refused answers with why something is refused.
func (c *Console) refused(w http.ResponseWriter, r *http.Request, status int, message string) {
	c.showWith(w, r, status, "refused", http.StatusText(status), message)
}

// errNotFound says that there is nothing at an address.
var errNotFound = errors.New("there is nothing at this address; go back to the offers and choose from there")

// failed answers with an error, as the command line would say it.
func (c *Console) failed(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusInternalServerError
	switch {
	case errors.Is(err, errNotFound), errors.Is(err, ledger.ErrNoRun):
		status = http.StatusNotFound
	case errors.Is(err, ledger.ErrBusy):
		status = http.StatusConflict
	case isUsage(err):
		status = http.StatusUnprocessableEntity
	case isAltered(err):
		status = http.StatusConflict
	case isFull(err):
		c.Log.Error("the disk is full", "path", r.URL.Path, "error", err)
		c.refused(w, r, http.StatusInsufficientStorage, diskFull)
		return
	default:
		c.Log.Error("the console could not answer", "path", r.URL.Path, "error", err)
	}
	c.refused(w, r, status, c.withoutFolder(err))
}

// diskFull is what a person reads when there is no room.
const diskFull = "the disk of the service is full, so this was not done. Ask who runs it to make room, then do it again"

func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

func isUsage(err error) bool {
	var usage *offerfolder.UsageError
	var wrong *account.RefusedError
	return errors.As(err, &usage) || errors.As(err, &wrong)
}

func isAltered(err error) bool {
	var altered *ledger.AlteredError
	var damaged *ledger.DamagedError
	return errors.As(err, &altered) || errors.As(err, &damaged)
}

// price is a price with two decimals or more, as the terms of offers print it.
func price(text string) string {
	whole, decimals, _ := strings.Cut(text, ".")
	return display.Thousands(whole + "." + decimals + strings.Repeat("0", max(0, 2-len(decimals))))
}

// local is an instant of a file of a run as a person reads it, on the clocks of the offer.
func local(text string, zone *time.Location) string {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return text
	}
	return tender.WallTime(at, zone)
}

// ago is how long something is away from now, roughly.
func ago(t, now time.Time) string {
	d := t.Sub(now)
	in, since := "in ", ""
	if d < 0 {
		d, in, since = -d, "", " ago"
	}
	day, year := 24*time.Hour, 365*24*time.Hour
	switch {
	case d < time.Minute && since != "":
		return "just now"
	case d >= 2*year:
		return in + display.Plural(int(d/year), "year", "years") + since
	case d >= 2*day:
		return in + display.Plural(int(d/day), "day", "days") + since
	case d >= 2*time.Hour:
		return in + display.Plural(int(d/time.Hour), "hour", "hours") + since
	default:
		return in + display.Plural(int(d/time.Minute), "minute", "minutes") + since
	}
}
