package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/notify"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pgp"
	"tenderbatch/internal/s3link"
	"tenderbatch/internal/settings"
	"tenderbatch/internal/sshlink"
	"tenderbatch/internal/tender"
)

// Config is what a delivery needs.
type Config struct {
	Folder   string // of the offer
	Settings settings.Settings
	Now      func() time.Time
	Getenv   func(string) string
	Version  string // of the program
	By       string // from where, for the history
	Disk     disk.Disk
	Notifier *notify.Notifier // hands over mails

	// Work does something in the folder of the offer, alone, and keeps what is new in it then, or has an error: where
	// several machines work on the offers. nil where the folder is all there is.
	Work func(ctx context.Context, folder string, do func() error) error

	Run   string // of this name; "" for the one that is due
	Only  string // the name of the only delivery, "" for all
	Again bool   // a person asks for it, whatever the history says
}

// State is what became of a delivery.
type State string

// The states.
const (
	Delivered State = "delivered"
	Before    State = "before" // it was delivered before
	Failed    State = "failed" // it is tried again
	Unknown   State = "unknown"
)

// Result is what became of the delivery of a run to a target.
type Result struct {
	Delivery string `json:"delivery"`
	To       string `json:"to"`
	Offer    string `json:"offer"`
	Run      string `json:"run"`
	State    State  `json:"state"`
	Why      string `json:"why"` // it is not there; "" if it is
}

// Due is how long after its release a run is sent without being asked for.
const Due = 7 * 24 * time.Hour

// target is one place that a delivery goes to.
type target struct {
	settings.Delivery
	to string // for people
}

func (t target) actor() ledger.Actor {
	return ledger.Actor{Kind: ledger.Service, Name: "delivery " + t.Name + " to " + t.to}
}

// targetsOf are the places of the deliveries of an offer. Each address of a mail is one.
func (c Config) targetsOf(offer string) (all []target) {
	for _, d := range c.Settings.Deliveries {
		if (len(d.Offers) > 0 && !slices.Contains(d.Offers, offer)) || (c.Only != "" && c.Only != d.Name) {
			continue
		}
		switch {
		case d.SFTP.Host != "":
			all = append(all, target{d, fmt.Sprintf("%s@%s:%d", d.SFTP.Username, d.SFTP.Host, d.SFTP.Port)})
		case d.S3.Bucket != "":
			all = append(all, target{d, s3link.Address(d.S3)})
		case d.Folder != "":
			all = append(all, target{d, d.Folder})
		}
		for _, address := range d.Mail {
			all = append(all, target{d, address})
		}
	}
	return all
}

// work is the delivery of a run.
type work struct {
	Config
	entries []ledger.Entry
	run     *ledger.Run
	release *ledger.Release
	own     *pgp.Own
	archive []byte        // of the run, the same for all targets; nil before it is needed
	files   []ledger.File // in it
}

// Deliver sends a released run to all that do not have it. What became of each is in the results; an error means
// that nothing could be sent.
func Deliver(ctx context.Context, c Config) (results []Result, err error) {
	w := &work{Config: c}
	runs := filepath.Join(c.Folder, offerfolder.RunsName)
	if w.entries, err = ledger.ReadEntries(runs); err != nil {
		return nil, err
	}
	name, err := w.choose()
	if err != nil || name == "" {
		return nil, err
	}
	release := ledger.ReleaseOf(w.entries, name)
	targets := w.targetsOf(release.Offer)
	if len(targets) == 0 || (!c.Again && c.Only == "" && w.allThere(name, targets)) {
		return w.before(name, release.Offer, targets), nil
	}
	unlock, err := w.lock()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	// The history as it is now that no other process delivers.
	if w.entries, err = ledger.ReadEntries(runs); err != nil {
		return nil, err
	}
	if name, err = w.choose(); err != nil || name == "" {
		return nil, err
	}
	if err := w.open(runs, name); err != nil {
		return nil, err
	}
	for _, t := range targets {
		if err := ctx.Err(); err != nil {
			return results, err
		}
		results = append(results, w.deliver(ctx, t))
	}
	return results, nil
}

// IsDue reports whether an offer has a released run that is to be sent without being asked for, whether or not all have it.
func IsDue(folder string, now time.Time) (bool, error) {
	w := &work{Config: Config{Now: func() time.Time { return now }}}
	var err error
	if w.entries, err = ledger.ReadEntries(filepath.Join(folder, offerfolder.RunsName)); err != nil {
		return false, err
	}
	name, err := w.choose()
	return name != "", err
}

func (w *work) lock() (unlock func() error, err error) {
	lock := flock.New(filepath.Join(w.Folder, ".deliveries.lock"), flock.SetPermissions(disk.FileMode))
	got, err := lock.TryLock()
	if err == nil && !got {
		err = &ledger.BusyError{Message: "another delivery of this offer goes on, by the service or by hand; wait until it is done, then see " +
			"with batch deliver what became of it"}
	}
	return lock.Unlock, err
}

// choose is the run to deliver, "" for none. It is the one that was released last, while it is in force.
func (w *work) choose() (string, error) {
	var last *ledger.Entry
	asked := w.Run == ""
	for i, e := range w.entries {
		if e.Event == ledger.Released {
			last, asked = &w.entries[i], asked || e.Run == w.Run
		}
	}
	switch {
	case !asked:
		return "", &offerfolder.UsageError{Message: fmt.Sprintf("run %s was not released; only released runs are delivered",
			w.Run)}
	case last == nil:
		return "", nil
	}
	now := last.Run
	if last.Phase == string(tender.Final) {
		now = ledger.InForce(w.entries)
	}
	switch {
	case w.Run != "" && now != w.Run:
		return "", &offerfolder.UsageError{Message: fmt.Sprintf("run %s is not in force any more; deliver %s", w.Run, now)}
	case now != last.Run || (w.Run == "" && w.Now().Sub(last.At) > Due):
		return "", nil
	}
	return last.Run, nil
}

// said is what the history says last of the delivery of a run to a target, nil for nothing.
func (w *work) said(run string, t target) *ledger.Entry { return saidIn(w.entries, run, t) }

func saidIn(entries []ledger.Entry, run string, t target) (last *ledger.Entry) {
	for i, e := range entries {
		switch e.Event {
		case ledger.Sending, ledger.Delivered, ledger.Undelivered:
			if e.Run == run && e.Actor == t.actor() {
				last = &entries[i]
			}
		}
	}
	return last
}

func (w *work) allThere(run string, targets []target) bool {
	return !slices.ContainsFunc(targets, func(t target) bool {
		said := w.said(run, t)
		return said == nil || said.Event != ledger.Delivered
	})
}

func (w *work) before(run, offer string, targets []target) (all []Result) {
	for _, t := range targets {
		all = append(all, Result{Delivery: t.Name, To: t.to, Offer: offer, Run: run, State: Before})
	}
	return all
}

// open reads the run, every byte of which must be as it was published.
func (w *work) open(runs, name string) error {
	w.release = ledger.ReleaseOf(w.entries, name)
	archive, err := ledger.OpenArchive(runs, w.release.Offer)
	if err != nil {
		return err
	}
	if w.run, err = archive.Run(name); err != nil {
		return err
	}
	if w.run.ManifestDigest() != w.release.Manifest {
		return fmt.Errorf("run %s is not the one that was released; nothing was delivered: batch runs --verify says more",
			name)
	}
	if err := w.run.Check(); err != nil {
		return err
	}
	if key := w.Settings.PGP; key.KeyFile != "" {
		if w.own, err = pgp.ReadOwn(key.KeyFile, w.Getenv(key.PassphraseEnv)); err != nil {
			return &offerfolder.UsageError{Message: fmt.Sprintf("pgp.key_file: %v", err)}
		}
	}
	return nil
}

// deliver sends the run to a target, unless it has it.
func (w *work) deliver(ctx context.Context, t target) Result {
	r := Result{Delivery: t.Name, To: t.to, Offer: w.run.Offer, Run: w.run.Run, State: Before}
	said := w.said(w.run.Run, t)
	switch {
	case said == nil || w.Again:
	case said.Event == ledger.Delivered:
		return r
	case said.Event == ledger.Sending:
		r.State, r.Why = Unknown, unanswered(t, said.At)
		return r
	}
	err := w.send(ctx, t)
	if lost := new(notify.UnansweredError); errors.As(err, &lost) {
		r.State, r.Why = Unknown, unanswered(t, w.Now()) // the history has that it was about to be sent
		return r
	}
	if other := new(overtakenError); errors.As(err, &other) {
		return other.result(r, t)
	}
	r.State = Delivered
	e := ledger.Entry{Event: ledger.Delivered}
	if err != nil {
		r.State, r.Why = Failed, err.Error()
		e = ledger.Entry{Event: ledger.Undelivered, Message: err.Error()}
		if said != nil && said.Event == ledger.Undelivered && said.Message == e.Message && len(t.Mail) == 0 {
			return r // noted already
		}
	}
	err = w.note(context.WithoutCancel(ctx), t, e) // what was sent is noted, also while the service stops
	if other := new(overtakenError); errors.As(err, &other) {
		return other.result(r, t)
	}
	if err != nil {
		r.Why = fmt.Sprintf("what became of it (%s) is not in the history: %v", r.State, err)
		r.State = Failed
	}
	return r
}

// overtakenError says that another process noted something about the same delivery meanwhile.
type overtakenError struct{ last ledger.Entry }

func (e *overtakenError) Error() string {
	return fmt.Sprintf("another process deals with this delivery: the history has %q of %s", e.last.Event,
		e.last.At.UTC().Format("2006-01-02 15:04 UTC"))
}

// result is what became of a delivery that another process deals with.
func (e *overtakenError) result(r Result, t target) Result {
	r.State, r.Why = Before, ""
	switch e.last.Event {
	case ledger.Sending:
		r.State, r.Why = Unknown, unanswered(t, e.last.At)
	case ledger.Undelivered:
		r.State, r.Why = Failed, e.Error()
	}
	return r
}

// unanswered says what to do about a mail that the server may have or not.
func unanswered(t target, at time.Time) string {
	return fmt.Sprintf("a mail to %s was about to be sent at %s, and the program or the connection ended before the "+
		"server answered; ask whether it came, and if not, send it with batch deliver --again",
		t.to, at.UTC().Format("2006-01-02 15:04 UTC"))
}

// note notes something about the delivery in the history, unless another process has noted something since.
func (w *work) note(ctx context.Context, t target, e ledger.Entry) error {
	e.At, e.By, e.Actor, e.Program = w.Now(), w.By, t.actor(), w.Version
	e.Offer, e.Run, e.Manifest = w.run.Offer, w.run.Run, w.release.Manifest
	do := func() error {
		runs := filepath.Join(w.Folder, offerfolder.RunsName)
		log, err := ledger.OpenLog(runs)
		if err != nil {
			return err
		}
		_, err = log.AppendIf(e, func(now []ledger.Entry) error {
			if last := saidIn(now, e.Run, t); last != nil && int(last.Seq) > len(w.entries) {
				return &overtakenError{*last}
			}
			return nil
		})
		return err
	}
	if w.Work == nil {
		return w.noted(do())
	}
	return w.noted(w.Work(ctx, w.Folder, do))
}

// noted reads the history again that something was noted in.
func (w *work) noted(err error) error {
	if err == nil {
		w.entries, err = ledger.ReadEntries(filepath.Join(w.Folder, offerfolder.RunsName))
	}
	return err
}

// send packs the run and sends it.
func (w *work) send(ctx context.Context, t target) error {
	var keys *pgp.Keys
	if len(t.EncryptTo) > 0 {
		var err error
		if keys, err = pgp.ReadKeys(t.EncryptTo); err != nil {
			return err
		}
	}
	if w.archive == nil {
		var err error
		if w.archive, w.files, err = archiveOf(w.run, w.release); err != nil {
			return err
		}
	}
	p, err := w.parcel(keys)
	if err != nil {
		return err
	}
	switch {
	case t.SFTP.Host != "":
		return w.toServer(ctx, t, p)
	case t.S3.Bucket != "":
		return w.toBucket(ctx, t, p)
	case t.Folder != "":
		return w.toFolder(t, p)
	}
	return w.byMail(ctx, t, p)
}

// mostManifest is more than the bytes of any manifest.
const mostManifest = 16 << 20

func (w *work) toServer(ctx context.Context, t target, p *parcel) (err error) {
	s, err := sshlink.Dial(ctx, t.SFTP, w.Getenv)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }() // what counts is what the server has by now
	there, err := s.Get(p.manifestName(), mostManifest)
	switch {
	case err == nil:
		return p.checkThere(there)
	case !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("the folder %s of %s cannot be read: %w", s.Folder, s.At, err)
	}
	for _, f := range p.files {
		if err := s.Put(f.name, f.content); err != nil {
			return err
		}
	}
	return nil
}

// toBucket writes no object that is there, and reads back what it wrote.
func (w *work) toBucket(ctx context.Context, t target, p *parcel) error {
	f, err := s3link.Open(t.S3, w.Getenv)
	if err != nil {
		return err
	}
	there, err := f.Read(ctx, p.manifestName(), "", mostManifest)
	switch {
	case err == nil:
		return p.checkThere(there)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	for _, file := range p.files {
		if err := f.Put(ctx, file.name, file.content, file.of); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) toFolder(t target, p *parcel) error {
	tree := w.Disk.In(t.Folder)
	there, err := tree.ReadFile(filepath.Join(t.Folder, p.manifestName()), mostManifest)
	switch {
	case err == nil:
		return p.checkThere(there)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the folder %s cannot be read: %w", t.Folder, err)
	}
	if info, err := os.Stat(t.Folder); err != nil || !info.IsDir() {
		return fmt.Errorf("%s is no folder; make it, or have the share mounted that it is on", t.Folder)
	}
	for _, f := range p.files {
		draft := filepath.Join(t.Folder, "."+f.name+".part")
		if err := tree.Remove(draft); err != nil {
			return whyNotWritten(t.Folder, err)
		}
		err := tree.Write(draft, func(to io.Writer) error {
			_, err := to.Write(f.content)
			return err
		})
		if err == nil {
			err = tree.Rename(draft, filepath.Join(t.Folder, f.name))
		}
		if err != nil {
			return whyNotWritten(t.Folder, err)
		}
	}
	return nil
}

// whyNotWritten says what to do where a folder cannot be written to, such as from within a unit of systemd.
func whyNotWritten(folder string, err error) error {
	switch {
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w; for a service of systemd every folder is read-only but those that its unit names: add "+
			"ReadWritePaths=%s (systemctl edit batch-serve)", err, folder)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w; see that the user that the program runs as may write to %s", err, folder)
	}
	return err
}

func (w *work) byMail(ctx context.Context, t target, p *parcel) error {
	mark := offerfolder.DigestOf([]byte(t.to + p.manifest.Manifest + w.repeat(t)))
	parcel := notify.Parcel{To: t.to, At: w.Now(),
		Subject: fmt.Sprintf("%s: run %s was released", p.manifest.Offer, p.manifest.Run),
		ID:      fmt.Sprintf("%s.%s@batch", p.manifest.Run, mark[:24]),
		Text: fmt.Sprintf("The run %s of %s was released and is attached: %s.\n\nThe manifest lists each file with its "+
			"SHA-256. Before you pay, compare the SHA-256 of the package, and check its signature where there is one.\n",
			p.manifest.Run, p.manifest.Offer, p.manifest.Package.Name)}
	for _, f := range p.files {
		parcel.Files = append(parcel.Files, notify.ParcelFile{Name: f.name, Content: f.content})
	}
	if err := w.note(ctx, t, ledger.Entry{Event: ledger.Sending}); err != nil {
		return err
	}
	return w.Notifier.Post(ctx, w.Settings.Mail, w.Getenv, parcel)
}

// repeat distinguishes a mail that a person sends again from the one before.
func (w *work) repeat(t target) string {
	if !w.Again {
		return ""
	}
	n := 0
	for _, e := range w.entries {
		if e.Event == ledger.Sending && e.Run == w.run.Run && e.Actor == t.actor() {
			n++
		}
	}
	return fmt.Sprint(n)
}
