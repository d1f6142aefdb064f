package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/display"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfile"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pgp"
	"tenderbatch/internal/settings"
	"tenderbatch/internal/tender"
)

// Config is what a look at the channels needs.
type Config struct {
	Folder      string   // of the offers, or of one offer: .intake is in it
	Offers      []string // folders of the offers
	Settings    settings.Settings
	QuietPeriod time.Duration // for which a file must be unchanged
	Now         func() time.Time
	Getenv      func(string) string
	Version     string // of the program
	By          string // from where, for the history
	Disk        disk.Disk
	Notifies    bool // who asks notifies people of what is due in the report, so that it is remembered as said

	// Where several machines work on the offers: Work does something in the folder of an offer, alone, and keeps what is
	// new in it then, or has an error; Terms are those of the offer in a folder; Memory is what was remembered at the look
	// before, on whichever machine, and after Fetch what is to be at the next. nil where the folders are all there is.
	Work   func(ctx context.Context, folder string, do func() error) error
	Terms  func(folder string) (*offerfile.Terms, error)
	Memory *[]byte
}

// State is what became of a file.
type State string

// The states.
const (
	Taken       State = "taken"       // it is in the inbox of its offer
	Quarantined State = "quarantined" // it is kept apart
	Known       State = "known"       // it was taken before, by the same name
	Unfinished  State = "unfinished"  // it was still changing; it is looked at again
	Postponed   State = "postponed"   // the offer was held by a run or the disk was full; it is looked at again
)

// File is a file that a channel had, and what became of it. Files that were dealt with before are left out.
type File struct {
	Channel    string `json:"channel"`
	Name       string `json:"name"` // as it was sent
	Sender     string `json:"sender"`
	State      State  `json:"state"`
	Offer      string `json:"offer"`      // id; "" if no offer expects it
	Depositary string `json:"depositary"` // "" if none sends such a file
	SHA256     string `json:"sha256"`     // of the file as it was sent; "" if it was not read
	SignedBy   string `json:"signed_by"`  // the fingerprint of the key; "" for none
	Path       string `json:"path"`       // where it is now, in the folder; "" if it is nowhere
	Why        string `json:"why"`        // it was not taken; "" if it was

	Waits int `json:"-"` // at how many looks in a row it was postponed

	unexpected bool // it is no offer's
}

// Fault is a channel that could not be read.
type Fault struct {
	Channel string `json:"channel"`
	What    string `json:"what"`

	New         bool      `json:"-"` // it was not so at the look before
	NeedsPerson bool      `json:"-"` // it lasts until a person does something
	Since       time.Time `json:"-"` // the first look in a row at which the channel could not be read
	Looks       int       `json:"-"` // since then
	Due         bool      `json:"-"` // people are to be notified
}

// Report is what came of a look at all channels.
type Report struct {
	Files  []File  `json:"files"`
	Faults []Fault `json:"faults"`

	Read      []string   `json:"-"` // the channels that were read
	Recovered []Recovery `json:"-"` // of them, those of whose failing people were notified
}

// busyError says that another process looks at the channels. It is a [ledger.ErrBusy].
type busyError struct{}

func (busyError) Error() string {
	return "another batch fetch or batch serve looks at the channels of this folder now; wait until it is done"
}

// Is implements errors.Is.
func (busyError) Is(other error) bool { return other == ledger.ErrBusy }

// folderName is the folder for files on their way, and for what is remembered.
const folderName = ".intake"

// look is one look at all channels.
type look struct {
	Config
	offers []*offer
	own    *pgp.Own
	signed map[string]*pgp.Keys // by depositary
	keys   map[string]error     // why its keys cannot be read, by depositary, and by "" those of the installation
	memory *memory
	unread error // why the terms of some offers cannot be read, for which files could be

	expected map[string]string // by channel, see expects
	Report
}

// offer is an offer that files may be for.
type offer struct {
	folder  string
	terms   *offerfile.Terms
	now     *tender.Offer  // by the terms as of the look: to make it again for each file would take longer than all else
	history []ledger.Entry // as of its first use in this look, and what was noted since; nil before
}

func newLook(c Config) *look {
	return &look{Config: c, expected: map[string]string{}, Report: Report{Files: []File{}, Faults: []Fault{}}}
}

// Fetch looks at every channel once and takes what is new. What is wrong with a channel or a file is in the
// report; an error means that nothing could be looked at.
func Fetch(ctx context.Context, c Config) (report Report, err error) {
	l := newLook(c)
	top := filepath.Join(c.Folder, folderName)
	if err := c.Disk.MakeFolders(top); err != nil {
		return l.Report, err
	}
	lock := flock.New(filepath.Join(top, "lock"), flock.SetPermissions(disk.FileMode))
	switch got, err := lock.TryLock(); {
	case err != nil:
		return l.Report, err
	case !got:
		return l.Report, busyError{}
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	if err := l.prepare(); err != nil {
		return l.Report, err
	}
	for _, channel := range c.Settings.Intake.Channels {
		if ctx.Err() != nil {
			break
		}
		l.channel(ctx, channel)
	}
	return l.Report, errors.Join(ctx.Err(), l.remember())
}

// prepare reads what every channel needs.
func (l *look) prepare() (err error) {
	l.readKeys()
	now := l.Now()
	for _, folder := range l.Offers {
		terms, err := l.termsOf(folder)
		if err != nil { // the scheduler reports it, too
			l.unread = errors.Join(l.unread, err)
			continue
		}
		l.offers = append(l.offers, &offer{folder: folder, terms: terms, now: terms.AsOf(now)})
	}
	staging := l.staging()
	if err := errors.Join(l.Disk.Remove(staging), l.Disk.MakeFolders(staging)); err != nil {
		return err
	}
	if l.Memory != nil {
		l.memory = parseMemory(*l.Memory)
		return nil
	}
	l.memory, err = readMemory(filepath.Join(l.Folder, folderName, memoryName))
	return err
}

// readKeys reads the keys that the settings name. Without one, no channel is read for which it counts.
func (l *look) readKeys() {
	var err error
	l.signed, l.keys = map[string]*pgp.Keys{}, map[string]error{}
	if key := l.Settings.PGP; key.KeyFile != "" {
		if l.own, err = pgp.ReadOwn(key.KeyFile, l.Getenv(key.PassphraseEnv)); err != nil {
			l.keys[""] = &settingsError{fmt.Errorf("pgp.key_file: %w; see that the key is there and may be read", err)}
		}
	}
	for name, files := range l.Settings.Intake.SignedBy {
		if l.signed[name], err = pgp.ReadKeys(files); err != nil {
			l.keys[name] = &settingsError{fmt.Errorf("intake.signed_by: %s: %w; see that the keys are there and may be read", name, err)}
		}
	}
}

// settingsError says that something which the settings name cannot be read. It lasts until a person does something.
type settingsError struct{ error }

// NeedsPerson says so.
func (*settingsError) NeedsPerson() bool { return true }

// Unwrap returns why.
func (e *settingsError) Unwrap() error { return e.error }

func (l *look) termsOf(folder string) (*offerfile.Terms, error) {
	if l.Terms == nil {
		return offerfolder.Terms(folder)
	}
	return l.Terms(folder)
}

// remember keeps what is remembered for the next look.
func (l *look) remember() (err error) {
	l.memory.end(l.Now())
	if l.Memory == nil {
		return l.memory.write(l.Disk)
	}
	*l.Memory, err = json.Marshal(l.memory)
	return err
}

func (l *look) staging() string { return filepath.Join(l.Folder, folderName, "staging") }

// channel looks at one channel.
func (l *look) channel(ctx context.Context, c settings.Channel) {
	if err := l.read(ctx, c); err != nil {
		l.failed(ctx, c, err)
		return
	}
	l.succeeded(c)
}

// offersOf are the offers in which a depositary of a channel reports.
func (l *look) offersOf(c settings.Channel) (all []*offer) {
	for _, o := range l.offers {
		for _, d := range o.now.Depositaries {
			if slices.Contains(c.From, d.Name) {
				all = append(all, o)
				break
			}
		}
	}
	return all
}

// note notes something in the history of an offer, with the channel as who did it.
func (l *look) note(o *offer, c settings.Channel, e ledger.Entry) error {
	runs := filepath.Join(o.folder, offerfolder.RunsName)
	if err := ledger.MakeRuns(l.Disk, runs); err != nil {
		return err
	}
	history, err := l.historyOf(o)
	if err != nil {
		return err
	}
	log, err := ledger.OpenLog(runs)
	if err != nil {
		return err
	}
	e.Offer = o.now.ID
	e.At, e.By, e.Actor, e.Program = l.Now(), l.By, actorOf(c), l.Version
	if e, err = log.Append(e); err != nil {
		return err
	}
	o.history = append(history, e)
	return nil
}

// historyOf is the history of an offer, and is the offer's own. It is read once in a look, as a channel may have thousands
// of files that are to be kept apart.
func (l *look) historyOf(o *offer) (_ []ledger.Entry, err error) {
	if o.history == nil {
		o.history, err = ledger.EntriesOf(filepath.Join(o.folder, offerfolder.RunsName), o.now.ID)
	}
	return o.history, err
}

// actorOf is a channel as who did something. No account and no user has such a name.
func actorOf(c settings.Channel) ledger.Actor {
	return ledger.Actor{Kind: ledger.Service, Name: "channel " + c.Name}
}

// read reads one channel.
func (l *look) read(ctx context.Context, c settings.Channel) (err error) {
	for _, whose := range append([]string{""}, c.From...) {
		if err := l.keys[whose]; err != nil {
			return err
		}
	}
	from, err := l.open(ctx, c)
	if err != nil {
		return err
	}
	defer func() {
		if closing := from.close(); err == nil {
			err = closing
		}
	}()
	return l.readFrom(ctx, c, from)
}

// mostUnread is how many files that cannot be read a look passes over: if there are more, the channel itself is lost.
const mostUnread = 5

// readFrom reads what is new in a channel. A file that cannot be read keeps no other from being read, unless the channel
// itself is lost: what could not be read at the look before comes last then.
func (l *look) readFrom(ctx context.Context, c settings.Channel, from source) error {
	fresh, now, err := l.freshOf(ctx, c, from)
	if err != nil {
		return err
	}
	var unread []error
	for _, i := range l.memory.lastUnread(c.Name, fresh) {
		if err := ctx.Err(); err != nil {
			return errors.Join(append(unread, err)...)
		}
		is, there := now[i.name]
		if !there {
			continue // it was taken away meanwhile
		}
		if !is.whole && (is.size != i.size || !is.modified.Equal(i.modified)) {
			l.Files = append(l.Files, File{Channel: c.Name, Name: i.name, Sender: from.sender(), State: Unfinished,
				Why: "it was still being written; it is taken once it is the same at two looks"})
			continue
		}
		err := l.item(ctx, c, from, is)
		if errors.Is(err, fs.ErrNotExist) { // it was taken away meanwhile
			err = nil
		}
		l.memory.noteUnread(c.Name, i.name, err != nil)
		if err == nil {
			continue
		}
		if unread = append(unread, err); !isOfItem(from, err) || len(unread) == mostUnread {
			break
		}
	}
	return errors.Join(unread...)
}

// freshOf are the files of a channel that were not dealt with, and, by name, all that there are after the quiet period.
func (l *look) freshOf(ctx context.Context, c settings.Channel, from source) (fresh []item, now map[string]item, err error) {
	all, err := from.list()
	if err != nil {
		return nil, nil, err
	}
	fresh = slices.DeleteFunc(candidates(all), func(i item) bool {
		return l.memory.knows(c.Name, i) && (l.unread != nil || !l.memory.isOutdated(c.Name, i, l.expects(c)))
	})
	if slices.ContainsFunc(fresh, func(i item) bool { return !i.whole }) {
		if err := wait(ctx, l.QuietPeriod); err != nil {
			return nil, nil, err
		}
		if all, err = from.list(); err != nil {
			return nil, nil, err
		}
	}
	now = map[string]item{}
	for _, i := range candidates(all) {
		now[i.name] = i
	}
	return fresh, now, nil
}

func wait(ctx context.Context, period time.Duration) error {
	timer := time.NewTimer(period)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// item reads what a channel has under a name and has it pass the door. The error is of the channel.
func (l *look) item(ctx context.Context, c settings.Channel, from source, i item) error {
	if i.size > l.Settings.Intake.Largest {
		l.done(c, i, l.quarantine(ctx, c, &arrival{name: i.name, sender: from.sender()}, nil,
			fmt.Errorf("it has %d bytes, and %d are allowed; if it is right, raise intake.largest in batch.yaml", i.size,
				l.Settings.Intake.Largest)))
		return nil
	}
	if why := l.isForNone(c); why != nil {
		f := File{Channel: c.Name, Name: i.name, Sender: from.sender()}
		l.done(c, i, f.unlessLost(why))
		return nil
	}
	all, err := from.read(i, l.Settings.Intake.Largest)
	switch changed := new(changedError); {
	case errors.As(err, &changed):
		l.Files = append(l.Files, File{Channel: c.Name, Name: i.name, Sender: from.sender(), State: Unfinished,
			Why: changed.Error()})
		return nil
	case err != nil:
		return fmt.Errorf("%s was not read to its end, and nothing of it was used; it is read again at the next look: %w",
			i.name, err)
	}
	if of, is := signatureAlone(all); is && l.Now().Sub(i.modified) < longestAlone {
		l.Files = append(l.Files, File{Channel: c.Name, Name: i.name, Sender: from.sender(), State: Unfinished,
			Why: fmt.Sprintf("it is a signature, and %s, which it signs, is not there yet", display.Quote(of))})
		return nil
	}
	var files []File
	outdated := l.memory.isOutdated(c.Name, i, l.expects(c))
	for _, a := range all {
		a.again = outdated
		files = append(files, l.door(ctx, c, a))
	}
	if err := noteThere(from, i, files); err != nil {
		l.Files = append(l.Files, files...)
		return err // it is read again at the next look, and known by its content
	}
	l.done(c, i, files...)
	return nil
}

// longestAlone is for how long a signature waits for the file that it signs.
const longestAlone = time.Hour

// signatureAlone is the name of the file that is missing where all that came is its signature.
func signatureAlone(all []*arrival) (of string, is bool) {
	if len(all) != 1 {
		return "", false
	}
	return pgp.SignatureOf(all[0].name, all[0].content)
}

// isForNone is why the files of a channel wait without being read: no offer could be theirs now, and one could come. Of a
// mailbox that is seen only by what is in a mail.
func (l *look) isForNone(c settings.Channel) error {
	if c.IsMail() || (l.Work == nil && l.unread == nil) || len(l.offersOf(c)) > 0 {
		return nil
	}
	return l.assign(&passing{arrival: &arrival{}, channel: c})
}

// noteThere notes at the other side that something was dealt with, if all that was in it was taken.
func noteThere(from source, i item, files []File) error {
	other, is := from.(noting)
	if !is || len(files) == 0 || slices.ContainsFunc(files, func(f File) bool {
		return f.unexpected || (f.State != Taken && f.State != Known)
	}) {
		return nil
	}
	return other.took(i)
}

// done notes what became of an item. What is only postponed is looked at again.
func (l *look) done(c settings.Channel, i item, files ...File) {
	for at := range files {
		files[at].Waits = l.memory.waits(c.Name, files[at])
	}
	expected := ""
	if slices.ContainsFunc(files, func(f File) bool { return f.unexpected }) {
		expected = l.expects(c)
	}
	if !slices.ContainsFunc(files, func(f File) bool { return f.State == Postponed }) {
		l.memory.keep(c.Name, i, l.Now(), expected)
	}
	for _, f := range files {
		if !f.unexpected || f.State != Known { // else nothing has changed
			l.Files = append(l.Files, f)
		}
	}
}

// expects is what is expected through a channel: a digest of its depositaries and the patterns of their files.
func (l *look) expects(c settings.Channel) string {
	if known, is := l.expected[c.Name]; is {
		return known
	}
	var all []string
	for _, o := range l.offersOf(c) {
		for _, d := range o.now.Depositaries {
			all = append(all, fmt.Sprintf("%s\n%s\n%s", o.folder, d.Name, d.Files))
		}
	}
	slices.Sort(all)
	l.expected[c.Name] = offerfolder.DigestOf([]byte(strings.Join(append(all, c.From...), "\n\n")))[:16]
	return l.expected[c.Name]
}

// stage writes content to a file of its own on the disk of the offers.
func (l *look) stage(content []byte) (path string, err error) {
	path = filepath.Join(l.staging(), offerfolder.DigestOf(content))
	if err := l.Disk.Remove(path); err != nil {
		return "", err
	}
	return path, l.Disk.Write(path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// stamp is an instant in the name of a folder.
func stamp(at time.Time) string {
	return strings.ReplaceAll(at.UTC().Format("2006-01-02T150405"), ":", "")
}
