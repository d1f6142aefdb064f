package intake

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"tenderbatch/internal/cainstruction"
	"tenderbatch/internal/csvfile"
	"tenderbatch/internal/disk"
	"tenderbatch/internal/display"
	"tenderbatch/internal/inbox"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pgp"
	"tenderbatch/internal/prepare"
	"tenderbatch/internal/settings"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/xlsx"
	"tenderbatch/internal/xlsx/fault"
)

// Names in the folder of a file in quarantine.
const (
	contentName   = "content"   // the file, whatever it was called
	signatureName = "signature" // that came beside it, if one did
	whyName       = "why.json"
)

// lockWait is how long a run that holds the offer is waited for.
const lockWait = 5 * time.Second

// passing is a file on its way through the door.
type passing struct {
	*arrival
	channel  settings.Channel
	as       string // the name that it will have in the inbox
	content  []byte // what is in it
	signedBy string
	unsigned error
	beside   bool // it is the signature beside the file that counts
	packed   bool // it came in a message or an archive
	offer    *offer
	of       tender.Depositary
}

// door takes a file, or keeps it apart. What concerns one offer is done in a work on it.
func (l *look) door(ctx context.Context, c settings.Channel, a *arrival) (f File) {
	p := &passing{arrival: a, channel: c, as: a.name, content: a.content}
	refused := func(p *passing) error { return p.refused }
	if err := p.pass(refused, checkDigest, l.checkSize, l.unseal, l.unpack, l.assign); err != nil {
		lost := new(unexpectedError)
		unexpected := errors.As(err, &lost)
		if unexpected && a.again { // it is kept apart already
			f = l.fileOf(c, a, p)
			f.State = Known
		} else {
			f = l.quarantine(ctx, c, a, p, err)
		}
		f.unexpected = unexpected
		return f
	}
	f = l.fileOf(c, a, p)
	err := l.work(ctx, p.offer, func() error {
		if err := p.pass(l.checkSignature, checkKind, l.checkNew); err != nil {
			f = l.refuse(c, a, p, err, []*offer{p.offer}, p.offer.folder)
			return nil
		}
		f = l.take(ctx, p)
		return nil
	})
	return f.unlessLost(err)
}

// pass takes the steps until one is refused.
func (p *passing) pass(steps ...func(*passing) error) error {
	for _, step := range steps {
		if err := step(p); err != nil {
			return err
		}
	}
	return nil
}

// work does something in the folder of an offer, in a work of its own where others work on the offer, too.
func (l *look) work(ctx context.Context, o *offer, do func() error) error {
	if l.Work == nil {
		return do()
	}
	err := l.Work(ctx, o.folder, func() error {
		o.history = nil // another machine can have looked, and noted something, since this one lost its turn
		return do()
	})
	if err != nil {
		o.history = nil // what was noted was not kept
	}
	return err
}

// unlessLost is what became of a file, unless the work in which that was decided was not kept.
func (f File) unlessLost(err error) File {
	if err != nil {
		f.State, f.Why, f.Path = Postponed, err.Error(), ""
	}
	return f
}

var digests = regexp.MustCompile(`\b[0-9A-Fa-f]{64}\b`)

// checkDigest compares a file with the digest that lay beside it.
func checkDigest(p *passing) error {
	if p.digest == nil {
		return nil
	}
	is := offerfolder.DigestOf(p.arrival.content)
	// As sha256sum, openssl and BSD write it, or PowerShell, in UTF-16.
	said := digests.FindAllString(strings.ReplaceAll(string(p.digest), "\x00", ""), -1)
	if !slices.ContainsFunc(said, func(s string) bool { return strings.EqualFold(s, is) }) {
		return fmt.Errorf("its SHA-256 is %s, and %s.sha256 says another; ask for both to be sent again", is, p.name)
	}
	return nil
}

func (l *look) checkSize(p *passing) error {
	switch most := l.Settings.Intake.Largest; {
	case len(p.content) == 0:
		return errors.New("it is empty; ask for it to be sent again")
	case int64(len(p.content)) > most:
		return fmt.Errorf("it has more than %d bytes; if it is right, raise intake.largest in batch.yaml", most)
	}
	return nil
}

// unseal decrypts an OpenPGP message and sees who signed it.
func (l *look) unseal(p *passing) error {
	var keys *pgp.Keys
	for _, from := range p.channel.From {
		if k := l.signed[from]; k != nil {
			keys = k.Join(keys)
		}
	}
	p.unsigned = pgp.ErrUnsigned
	if of, is := pgp.SignatureOf(p.name, p.content); is {
		return fmt.Errorf("it is a signature, and %s, which it signs, did not come with it; ask for both to be sent again under "+
			"names that belong together, such as report.xlsx and report.xlsx.sig", display.Quote(of))
	}
	if pgp.IsMessage(p.name, p.content) {
		opened, err := pgp.Open(p.content, l.own, keys, l.Settings.Intake.Largest, l.Now())
		if err != nil {
			return err
		}
		p.packed, p.as, p.content = true, withoutPGP(p.name), opened.Content
		p.signedBy, p.unsigned = opened.SignedBy, opened.Unsigned
	}
	if p.signature != nil && p.signedBy == "" && keys != nil {
		p.signedBy, p.unsigned = pgp.Verify(p.arrival.content, p.signature, keys, l.Now())
		p.beside = p.signedBy != ""
	}
	return nil
}

// unpack takes the one file out of a zip archive that is no workbook.
func (l *look) unpack(p *passing) error {
	if !strings.EqualFold(path.Ext(p.as), ".zip") {
		return nil
	}
	archive, err := zip.NewReader(bytes.NewReader(p.content), int64(len(p.content)))
	if err != nil {
		return fmt.Errorf("it is no whole zip archive (%w); ask for it to be sent again", err)
	}
	files := slices.DeleteFunc(slices.Clone(archive.File), isLitter)
	if len(files) != 1 {
		var names []string
		for _, f := range files[:min(5, len(files))] {
			names = append(names, display.Quote(f.Name))
		}
		return fmt.Errorf("the archive has %d files in it (%s), and one report is expected; ask for an archive with the "+
			"report alone, or for the report itself", len(files), strings.Join(names, ", "))
	}
	file := files[0]
	if file.Name != path.Base(file.Name) || strings.ContainsAny(file.Name, `\:`) || !file.Mode().IsRegular() {
		return fmt.Errorf("the archive has a path or something else than a file in it, %s; ask for an archive with the "+
			"report alone", display.Quote(file.Name))
	}
	if file.Flags&1 != 0 {
		return errors.New("the archive has a password; ask for a workbook with the password that was agreed on, or for an " +
			"OpenPGP message")
	}
	content, err := readMember(file, l.Settings.Intake.Largest)
	if err != nil {
		return fmt.Errorf("the file in the archive cannot be read: %w; ask for it to be sent again", err)
	}
	p.packed, p.as, p.content = true, file.Name, content
	return l.checkSize(p)
}

// isLitter reports whether a file is one that a system puts beside others by itself: what macOS and Windows know of a folder.
func isLitter(f *zip.File) bool {
	if strings.HasPrefix(f.Name, "__MACOSX/") {
		return f.Name == "__MACOSX/" || strings.HasPrefix(path.Base(f.Name), "._")
	}
	return slices.Contains([]string{".ds_store", "thumbs.db", "desktop.ini"}, strings.ToLower(f.Name))
}

func readMember(file *zip.File, most int64) ([]byte, error) {
	r, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	content, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, err
	}
	return content, nil
}

// assign finds the offer and the depositary whose file it is by its name.
func (l *look) assign(p *passing) error {
	var expected, other []string
	var all []claim
	for _, o := range l.offersOf(p.channel) {
		for _, d := range o.now.Depositaries {
			if slices.Contains(p.channel.From, d.Name) {
				expected = append(expected, d.Name+": "+d.Files)
			}
		}
		d, ok := inbox.OwnerOf(o.now, p.as)
		switch {
		case !ok:
		case !slices.Contains(p.channel.From, d.Name):
			other = append(other, d.Name)
		default:
			all = append(all, claim{o, d})
		}
	}
	if len(all) > 1 {
		var open []claim
		for _, c := range all {
			if c.isOpen(l.Now()) && !c.isBefore(p.as) {
				open = append(open, c)
			}
		}
		if len(open) != 1 {
			return &unexpectedError{several: true, error: fmt.Errorf("%d offers expect a file of this name from %s, such as those in %s and %s; give their files other "+
				"patterns, or move the folder of an offer that is over to another place", len(all), all[0].of.Name,
				l.below(all[0].offer.folder), l.below(all[1].offer.folder))}
		}
		all = open
	}
	if len(all) == 1 {
		p.offer, p.of = all[0].offer, all[0].of
	}
	switch {
	case p.offer != nil:
		return prepare.CheckName(p.offer.terms, p.as, l.Now())
	case l.unread != nil:
		return &postponed{fmt.Errorf("it may be for an offer whose terms cannot be read: %w", l.unread)}
	case len(other) > 0:
		return &unexpectedError{error: fmt.Errorf("its name is that of a file of %s, and this channel is that of %s; ask who sent it",
			other[0], strings.Join(p.channel.From, ", "))}
	case len(expected) == 0:
		return &unexpectedError{error: fmt.Errorf("no offer has a depositary %s, for which this channel is; see whether from in "+
			"batch.yaml has the name that it has in offer.yaml", strings.Join(p.channel.From, " or "))}
	}
	advice := "have it sent by a name that is expected"
	switch files := l.ofOtherKind(p.channel, p.as); {
	case files != "" && strings.EqualFold(path.Ext(files), path.Ext(p.as)):
		advice = "it differs from what is expected by capital and small letters only; have it sent by a name that is expected"
	case inbox.IsOtherSpreadsheet(p.as):
		advice = "ask for it saved as Excel Workbook (.xlsx), by a name that is expected"
	case files != "":
		advice = "ask for it in the kind of file that is expected"
	}
	return &unexpectedError{error: fmt.Errorf("no offer expects a file with the name %s; %s: %s", display.Quote(p.as), advice,
		strings.Join(expected, "; "))}
}

// unexpectedError says that a file is not known as that of one offer. Once other terms or settings are there, it may be.
type unexpectedError struct {
	error
	several bool // offers expect it
}

// claim is an offer that expects a file of a name.
type claim struct {
	offer *offer
	of    tender.Depositary
}

// isOpen reports whether reports still come for the offer: its last payment day is not over, and the depositary has not closed.
func (c claim) isOpen(now time.Time) bool {
	end := tender.Age{}.EndsAfter(c.offer.now.Settlement.Final, c.offer.now.Zone)
	return now.Before(end) && (c.of.Closed.IsZero() || now.Before(c.of.Closed))
}

// isBefore reports whether a report was, by its name, made before the offer began.
func (c claim) isBefore(name string) bool {
	zone, launch := c.offer.now.Zone, c.offer.now.Launch
	_, to := inbox.Reported(name, zone)
	return !to.IsZero() && to.Before(time.Date(launch.Year, launch.Month, launch.Day, 0, 0, 0, 0, zone))
}

// ofOtherKind is the pattern of the files of a depositary of a channel that a name would match but for its extension, or for
// capital and small letters; "" for none.
func (l *look) ofOtherKind(c settings.Channel, name string) string {
	for _, o := range l.offersOf(c) {
		for _, d := range o.now.Depositaries {
			if slices.Contains(c.From, d.Name) && inbox.IsOfOtherKind(d, name) {
				return d.Files
			}
		}
	}
	return ""
}

// mostEarly is for how long a signature of a time that has not come yet is waited for.
const mostEarly = 24 * time.Hour

// checkSignature demands the signature of a depositary whose keys the settings name.
func (l *look) checkSignature(p *passing) error {
	keys, early := l.signed[p.of.Name], &pgp.EarlyError{}
	switch {
	case keys == nil:
		return nil
	case p.signedBy == "" && errors.Is(p.unsigned, pgp.ErrUnsigned):
		whole := ""
		if p.channel.IsMail() {
			whole = ", in the file or as an attachment beside it (the signature of the mail as a whole does not count)"
		}
		return fmt.Errorf("it is not signed, and files of %s must be; ask for it to be sent again with its signature%s",
			p.of.Name, whole)
	case errors.As(p.unsigned, &early) && early.At.Before(l.Now().Add(mostEarly)):
		return &postponed{fmt.Errorf("%w; it waits until then. See whether the clock of this machine is right", early)}
	case early.At.After(l.Now()):
		return fmt.Errorf("%w; see whether the clock of this machine is right, and ask %s for it to be signed again", early, p.of.Name)
	case p.signedBy == "":
		return fmt.Errorf("%w; ask %s by another way whether it is theirs", p.unsigned, p.of.Name)
	case !keys.Has(p.signedBy):
		return fmt.Errorf("it is signed by the key %s, which is not one of %s; ask who sent it", p.signedBy, p.of.Name)
	}
	return nil
}

// checkKind compares the content with what the name says that it is. The run reads it whole.
func checkKind(p *passing) error {
	if cainstruction.Is(p.as, p.content) {
		if faults := cainstruction.Read(p.as, p.content).Faults; len(faults) > 0 {
			return fmt.Errorf("%s: %s; %s", faults[0].Cell, faults[0].Message, faults[0].Advice)
		}
		return nil
	}
	if slices.Contains([]string{".csv", ".tsv", ".txt"}, strings.ToLower(path.Ext(p.as))) {
		if bytes.HasPrefix(p.content, []byte("PK\x03\x04")) || bytes.HasPrefix(p.content, []byte("\xD0\xCF\x11\xE0")) {
			return errors.New("its name says that it is a text, and it is a workbook or an archive; ask for it under the " +
				"right name")
		}
		if _, _, faults := csvfile.Decode(p.content, p.of.Encoding); len(faults) > 0 {
			return fmt.Errorf("it is no text that can be read: %s", faults[0].Message)
		}
		return nil
	}
	_, err := xlsx.Open(bytes.NewReader(p.content), int64(len(p.content)), xlsx.DefaultLimits())
	if wrong := new(fault.FormatError); errors.As(err, &wrong) && wrong.Rule == fault.RuleProtected &&
		p.of.PasswordEnv != "" {
		return nil
	}
	return err
}

// checkNew refuses content that came before, and a name that is taken.
func (l *look) checkNew(p *passing) error {
	digest := offerfolder.DigestOf(p.content)
	there := filepath.Join(p.offer.folder, offerfolder.InboxName, p.as)
	content, err := disk.In(p.offer.folder).ReadFile(there, offerfolder.MostBytes)
	if err == nil && bytes.Equal(content, p.content) {
		return &again{}
	}
	if err := l.checkInbox(p); err != nil {
		return err
	}
	entries, err := ledger.ReadEntries(filepath.Join(p.offer.folder, offerfolder.RunsName))
	if err != nil {
		return &postponed{err}
	}
	for _, e := range entries {
		for _, m := range e.MakersOf() {
			// One of this name was noted and is not in the inbox: unless a run read it, it was cut off.
			if name, is := strings.CutSuffix(m.Of, " "+digest); is && m.Did == ledger.Filed && name != p.as {
				return sameContent(name, e.At, p.as)
			}
		}
		for _, f := range e.Inputs {
			if e.Event != ledger.Quarantined && f.SHA256 == digest {
				return sameContent(f.Name, e.At, p.as)
			}
		}
	}
	return nil
}

// checkInbox compares a file with those in the inbox, which people can have put there.
func (l *look) checkInbox(p *passing) error {
	folder, tree := filepath.Join(p.offer.folder, offerfolder.InboxName), disk.In(p.offer.folder)
	entries, err := tree.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &postponed{err}
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || info.Size() != int64(len(p.content)) || e.Name() == p.as {
			continue // what was taken away meanwhile, or is no file, is no report
		}
		content, err := tree.ReadFile(filepath.Join(folder, e.Name()), offerfolder.MostBytes)
		if err != nil {
			return &postponed{err}
		}
		if bytes.Equal(content, p.content) {
			return sameContent(e.Name(), info.ModTime(), p.as)
		}
	}
	return nil
}

// sameContent says that content came before.
func sameContent(name string, at time.Time, as string) error {
	if name == as {
		return &again{}
	}
	return fmt.Errorf("it has the same content, byte for byte, as %s of %s; by its new name an old report would count "+
		"as a newer one. If nothing has changed since, that is right and nothing needs to be done",
		display.Quote(name), at.UTC().Format("2006-01-02 15:04 UTC"))
}

// again says that a file was taken already, under this name.
type again struct{}

func (*again) Error() string { return "it was taken already" }

// postponed says that a file could not be dealt with for a reason that will pass.
type postponed struct{ error }

func (e *postponed) Unwrap() error { return e.error }

// fileOf is what the report says of a file.
func (l *look) fileOf(c settings.Channel, a *arrival, p *passing) File {
	f := File{Channel: c.Name, Name: a.name, Sender: a.sender}
	if a.content != nil {
		f.SHA256 = offerfolder.DigestOf(a.content)
	}
	if p != nil && p.offer != nil {
		f.Offer, f.Depositary = p.offer.now.ID, p.of.Name
	}
	if p != nil {
		f.SignedBy = p.signedBy
	}
	return f
}

// take puts a file into the inbox of its offer.
func (l *look) take(ctx context.Context, p *passing) File {
	f := l.fileOf(p.channel, p.arrival, p)
	how := fmt.Sprintf("%s came through %s from %s", p.as, p.channel.Name, p.sender)
	if p.packed {
		how += fmt.Sprintf(", as %s (kept as %s/%s)", p.name, offerfolder.ReceivedName, f.SHA256)
	}
	if p.signedBy != "" {
		how += ", signed by the key " + p.signedBy
	}
	if p.beside {
		how += fmt.Sprintf(" (the signature is kept as %s/%s)", offerfolder.ReceivedName, offerfolder.DigestOf(p.signature))
	}
	if p.note != "" {
		how += ", " + p.note
	}
	staged, err := l.stage(p.content)
	if err == nil && p.packed {
		err = l.receive(p.offer.folder, p.arrival.content)
	}
	if err == nil && p.beside {
		err = l.receive(p.offer.folder, p.signature)
	}
	if err == nil {
		req := prepare.Request{Folder: p.offer.folder, Actor: actorOf(p.channel), By: l.By, Clock: l.Now, Version: l.Version,
			Wait: lockWait, Disk: l.Disk, How: how}
		err = prepare.AddReport(context.WithoutCancel(ctx), req, staged, p.as, offerfolder.DigestOf(p.content))
	}
	if refusal := new(offerfolder.UsageError); errors.As(err, &refusal) {
		return l.refuse(p.channel, p.arrival, p, err, []*offer{p.offer}, p.offer.folder)
	}
	if err != nil {
		f.State, f.Why = Postponed, err.Error()
		return f
	}
	f.State, f.Path = Taken, l.below(filepath.Join(p.offer.folder, offerfolder.InboxName, p.as))
	return f
}

// below is a path seen from the folder of the look.
func (l *look) below(path string) string {
	if rel, err := filepath.Rel(l.Folder, path); err == nil {
		return rel
	}
	return path
}

// receive keeps a file as it came.
func (l *look) receive(folder string, content []byte) error {
	to := filepath.Join(folder, offerfolder.ReceivedName, offerfolder.DigestOf(content))
	if err := l.Disk.MakeFolders(filepath.Dir(to)); err != nil {
		return err
	}
	if info, err := disk.In(folder).Lstat(to); err == nil && info.Mode().IsRegular() {
		return nil
	}
	staged, err := l.stage(content)
	if err != nil {
		return err
	}
	return l.Disk.Rename(staged, to)
}

// quarantine keeps a file apart, with why, and notes it in the history of the offer that it would be for, or of each
// that it could be for. p is nil if it never came to the door.
func (l *look) quarantine(ctx context.Context, c settings.Channel, a *arrival, p *passing, why error) (f File) {
	of, top := l.offersOf(c), l.Folder
	if p != nil && p.offer != nil {
		of = []*offer{p.offer}
	}
	if len(of) == 1 {
		top = of[0].folder
	}
	if l.Work == nil {
		return l.refuse(c, a, p, why, of, top)
	}
	f = l.fileOf(c, a, p)
	if len(of) == 0 { // there is no folder that all machines see
		return f.unlessLost(why)
	}
	for _, o := range of {
		err := l.work(ctx, o, func() error {
			f = l.refuse(c, a, p, why, []*offer{o}, o.folder)
			return nil
		})
		if f = f.unlessLost(err); f.State == Postponed {
			break
		}
	}
	return f
}

// refuse is quarantine below a folder, for some offers.
func (l *look) refuse(c settings.Channel, a *arrival, p *passing, why error, of []*offer, top string) File {
	f := l.fileOf(c, a, p)
	f.State, f.Why = Quarantined, why.Error()
	if known := new(again); errors.As(why, &known) {
		f.State, f.Why = Known, ""
		there := filepath.Join(p.offer.folder, offerfolder.InboxName, p.as)
		if _, err := disk.In(p.offer.folder).Lstat(there); err == nil { // else it was read by a run and taken away since
			f.Path = l.below(there)
		}
		return f
	}
	if later := new(postponed); errors.As(why, &later) {
		f.State = Postponed
		return f
	}
	id := stamp(l.Now()) + "-" + offerfolder.DigestOf(append([]byte(c.Name+"\n"+a.name+"\n"), a.content...))[:12]
	folder := filepath.Join(top, offerfolder.QuarantineName, id)
	f.Path = l.below(folder)
	about, because := fmt.Sprintf("%s came through %s from %s and is in %s/", display.Quote(a.name), c.Name, a.sender,
		offerfolder.QuarantineName), ": "+f.Why
	if a.note != "" {
		because += " (" + a.note + ")"
	}
	entry := ledger.Entry{Event: ledger.Quarantined, Message: about + id + because}
	entry.Inputs = []ledger.File{{Name: a.name, SHA256: f.SHA256, Bytes: int64(len(a.content))}}
	if there, since := l.isApart(of, top, entry.Inputs[0], about, because); there != "" {
		if f.Path = l.below(there); !since.After(l.memory.Ended) {
			f.State = Known
		}
		return f // what the look that did it ended before it could say is said now
	}
	err := l.apart(folder, a, f)
	for _, o := range of {
		if err == nil {
			err = l.note(o, c, entry)
		}
	}
	if err != nil {
		f.State, f.Path, f.Why = Postponed, "", f.Why+"; and it could not be kept apart: "+err.Error()
	}
	return f
}

// isApart is the folder in which a file is kept apart already that came the same way, with the same content and for the
// same reason, and since when: a look that ended before it could note what it dealt with has left it. "" if there is none.
func (l *look) isApart(of []*offer, top string, is ledger.File, about, because string) (at string, since time.Time) {
	if len(of) == 0 || is.SHA256 == "" {
		return "", since
	}
	entries, err := l.historyOf(of[0])
	if err != nil {
		return "", since // to note it fails, too, and says why
	}
	for _, e := range slices.Backward(entries) {
		rest, fits := strings.CutPrefix(e.Message, about)
		id, same := strings.CutSuffix(rest, because)
		if e.Event != ledger.Quarantined || !fits || !same || len(e.Inputs) != 1 || e.Inputs[0] != is || strings.ContainsRune(id, '/') {
			continue
		}
		folder := filepath.Join(top, offerfolder.QuarantineName, id)
		if _, err := disk.In(top).Lstat(filepath.Join(folder, contentName)); err == nil {
			return folder, e.At
		}
	}
	return "", since
}

// apart writes the folder of a file in quarantine.
func (l *look) apart(folder string, a *arrival, f File) error {
	if err := l.Disk.Remove(folder); err != nil {
		return err
	}
	if err := l.Disk.MakeFolders(folder); err != nil {
		return err
	}
	for name, content := range map[string][]byte{contentName: a.content, signatureName: a.signature} {
		if content == nil {
			continue
		}
		err := l.Disk.Write(filepath.Join(folder, name), func(w io.Writer) error {
			_, err := w.Write(content)
			return err
		})
		if err != nil {
			return err
		}
	}
	err := l.Disk.Write(filepath.Join(folder, whyName), func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		return encoder.Encode(f)
	})
	if err != nil {
		return err
	}
	return l.Disk.SyncFolder(filepath.Dir(folder))
}
