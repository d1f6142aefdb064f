package console

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/export"
	"tenderbatch/internal/inbox"
	"tenderbatch/internal/ingest"
	"tenderbatch/internal/ledger"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/pipeline"
	"tenderbatch/internal/prepare"
	"tenderbatch/internal/result"
	"tenderbatch/internal/tender"
)

// mostUpload is how many bytes a request with a report may have.
const mostUpload = offerfolder.MostBytes + 1<<20

// stagedFor is how long a report that no one accepts is kept.
const stagedFor = 24 * time.Hour

// inboxFile is a file of the inbox, for the page.
type inboxFile struct {
	Name, Depositary, Reported string
	Used                       bool // by the latest run, with these bytes
}

// filesPage says what the depositaries sent, and what becomes of each file.
func (c *Console) filesPage(w http.ResponseWriter, r *http.Request) {
	c.showFiles(w, r, http.StatusOK, "")
}

func (c *Console) showFiles(w http.ResponseWriter, r *http.Request, status int, fault string) {
	folder, err := c.folderOf(r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	page := struct {
		Chosen   []inboxFile
		Ignored  []inbox.Ignored
		Fault    string
		Patterns []string
		Failed   *attempt
		Zone     *time.Location
		Apart    []apartFile
	}{Fault: fault}
	terms, err := offerfolder.Terms(folder)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	o := terms.AsOf(c.Now())
	if history, err := pipeline.HistoryOf(folder); err == nil { // the pages of the offer say what is wrong with it
		page.Failed, page.Zone = failedAttempt(history.Entries, true), o.Zone
		page.Apart = apartIn(history.Entries)
	}
	for _, d := range o.Depositaries {
		page.Patterns = append(page.Patterns, d.Name+": "+d.Files)
	}
	used := map[string]bool{}
	if run, err := c.runs.open(folder, "latest"); err == nil {
		for _, in := range run.record.Inputs {
			used[in.Name] = true
		}
	}
	choice, left, err := chosenNow(folder, o, c.Now())
	if err != nil && page.Fault == "" {
		page.Fault = c.withoutFolder(err)
	}
	for _, f := range choice.Chosen {
		reported := ""
		if !f.Reported.IsZero() {
			reported = tender.WallTime(f.Reported, o.Zone)
		}
		page.Chosen = append(page.Chosen, inboxFile{f.Name, f.Depositary.Name, reported, used[f.Name]})
	}
	page.Ignored = slices.Concat(choice.Ignored, left)
	c.showWith(w, r, status, "files", "Files", page)
}

// apartFile is a file that came through a channel and was not taken.
type apartFile struct {
	Name, Why string
	At        time.Time
}

// mostApart is how many files that were not taken a page lists.
const mostApart = 50

// apartIn are the files that were not taken, and not later either, the newest first.
func apartIn(entries []ledger.Entry) (all []apartFile) {
	taken := map[string]bool{} // by the SHA-256 of the file as it was sent, or of what was in it
	for _, e := range slices.Backward(entries) {
		for _, m := range e.MakersOf() {
			if m.Did == ledger.Filed {
				taken[m.Of[strings.LastIndexByte(m.Of, ' ')+1:]] = true
				_, packed, _ := strings.Cut(e.Message, " (kept as received/")
				digest, _, _ := strings.Cut(packed, ")")
				taken[digest] = true
			}
		}
		if e.Event == ledger.Quarantined && len(e.Inputs) == 1 && !taken[e.Inputs[0].SHA256] && len(all) < mostApart {
			all = append(all, apartFile{e.Inputs[0].Name, e.Message, e.At.Truncate(time.Second)})
		}
	}
	return all
}

// chosenNow is what a run now would take from the inbox, and what it passes over.
func chosenNow(folder string, o *tender.Offer, now time.Time) (inbox.Choice, []inbox.Ignored, error) {
	listed, err := offerfolder.ListInbox(folder, nil)
	if err != nil {
		return inbox.Choice{}, nil, err
	}
	names, left, err := inbox.Sift(o, listed.Modes)
	if err != nil {
		return inbox.Choice{}, left, err
	}
	choice, err := inbox.Choose(o, names, now)
	return choice, left, err
}

// upload takes a report to where it is checked. It is written to the disk as it comes, and the
// name that the browser says is not used for anything before it was checked.
func (c *Console) upload(w http.ResponseWriter, r *http.Request) {
	folder, err := c.folderOf(r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	id, err := c.stage(r, folder)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		c.showFiles(w, r, http.StatusRequestEntityTooLarge, fmt.Sprintf("the file has more than %d MiB; ask the depositary to "+
			"split the report", offerfolder.MostBytes>>20))
	case isFull(err):
		c.Log.Error("an upload found the disk full", "error", err)
		c.showFiles(w, r, http.StatusInsufficientStorage, "the disk of the service is full; nothing was taken. Ask who runs it to "+
			"make room, then send the file again")
	case err != nil && isUsage(err):
		c.showFiles(w, r, http.StatusUnprocessableEntity, c.withoutFolder(err))
	case err != nil && r.Context().Err() != nil:
		return // the browser went away; what had come was removed
	case err != nil:
		c.failed(w, r, err)
	default:
		http.Redirect(w, r, "/offers/"+r.PathValue("offer")+"/files/"+id, http.StatusSeeOther)
	}
}

// stage writes the file of a form into a folder of its own, whose name it returns. After an error
// nothing is left of it.
func (c *Console) stage(r *http.Request, folder string) (id string, err error) {
	terms, err := offerfolder.Terms(folder)
	if err != nil {
		return "", err
	}
	form, err := r.MultipartReader()
	if err != nil {
		return "", &offerfolder.UsageError{Message: "there is no file in the form; choose one"}
	}
	part, err := nextFile(form)
	if err != nil {
		return "", err
	}
	name := part.FileName()
	if err := prepare.CheckName(terms, name, c.Now()); err != nil {
		return "", err
	}
	if _, err := os.Lstat(filepath.Join(folder, offerfolder.InboxName, name)); err == nil {
		return "", &offerfolder.UsageError{Message: name + " is in the inbox already; a report is never replaced: give the new one " +
			"a name of its own, such as with the time of day"}
	}
	staging := filepath.Join(folder, offerfolder.StagingName)
	c.clearStaging(staging)
	id = rand.Text()
	if err := c.Disk.MakeFolders(filepath.Join(staging, id)); err != nil {
		return "", err
	}
	err = c.Disk.Write(filepath.Join(staging, id, name), func(to io.Writer) error {
		n, err := io.Copy(to, io.LimitReader(part, offerfolder.MostBytes+1))
		if err == nil && n > offerfolder.MostBytes {
			err = &http.MaxBytesError{Limit: offerfolder.MostBytes}
		}
		return err
	})
	if err != nil {
		return "", errors.Join(err, c.Disk.Remove(filepath.Join(staging, id)))
	}
	return id, nil
}

// nextFile is the first file of a form.
func nextFile(form *multipart.Reader) (*multipart.Part, error) {
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, &offerfolder.UsageError{Message: "there is no file in the form; choose one"}
		}
		var large *http.MaxBytesError
		switch {
		case errors.As(err, &large), errors.Is(err, io.ErrUnexpectedEOF):
			return nil, err
		case err != nil:
			return nil, &offerfolder.UsageError{Message: "the form cannot be read, as can be if the name of the file has characters " +
				"that names do not have; rename the file, and send it again"}
		}
		if part.FormName() == "report" && part.FileName() != "" {
			return part, nil
		}
	}
}

// clearStaging removes reports that no one accepted.
func (c *Console) clearStaging(staging string) {
	entries, err := os.ReadDir(staging)
	if err != nil {
		return // it is not there yet
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && c.Now().Sub(info.ModTime()) > stagedFor {
			if err := c.Disk.Remove(filepath.Join(staging, e.Name())); err != nil {
				c.Log.Warn("an old upload could not be removed", "name", e.Name(), "error", err)
			}
		}
	}
}

// stagedNames are names of [rand.Text].
var stagedNames = regexp.MustCompile(`^[A-Z2-7]{26}$`)

// stagedFile is the report that waits under a name.
func (c *Console) stagedFile(r *http.Request) (folder, path string, err error) {
	if folder, err = c.folderOf(r); err != nil {
		return "", "", err
	}
	id := r.PathValue("staged")
	if !stagedNames.MatchString(id) {
		return "", "", errNotFound
	}
	entries, err := os.ReadDir(filepath.Join(folder, offerfolder.StagingName, id))
	if errors.Is(err, os.ErrNotExist) || (err == nil && len(entries) != 1) {
		return "", "", prepare.ErrWaitsNoMore
	}
	if err != nil {
		return "", "", err
	}
	return folder, filepath.Join(folder, offerfolder.StagingName, id, entries[0].Name()), nil
}

// stagedReport is what a run would make of a report that waits.
type stagedReport struct {
	Name, Digest string
	Fault        string // why it cannot be read, "" if it can
	Report       *ingest.Report
	Input        *result.Input
	Totals       *pipeline.FileTotals
	Series       []tender.Series
	Groups       []*findingGroup
	Ignored      string   // why a run would not use it, "" if it would
	Stops        []string // why a final run of the scheduler would be refused with it
	Remarks      []string
}

// stagedPage shows a report as batch check does, before anyone accepts it.
func (c *Console) stagedPage(w http.ResponseWriter, r *http.Request) {
	folder, path, err := c.stagedFile(r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	content, err := disk.ReadFile(path, offerfolder.MostBytes)
	if errors.Is(err, os.ErrNotExist) {
		err = prepare.ErrWaitsNoMore
	}
	if err != nil {
		c.failed(w, r, err)
		return
	}
	page := stagedReport{Name: filepath.Base(path), Digest: offerfolder.DigestOf(content)}
	checked, err := pipeline.Check(r.Context(), pipeline.Request{Folder: folder, Files: []string{path}, Clock: c.Now,
		Version: c.Version, Getenv: c.Getenv})
	if err != nil {
		page.Fault = strings.ReplaceAll(c.withoutFolder(err), filepath.Dir(path)+"/", "")
	} else {
		page.fill(checked)
	}
	c.show(w, r, "staged", page.Name, page)
}

// ofReports are the warnings that a person reads before they accept a report: the others are of the
// terms, or in the notes of the report.
var ofReports = []tender.WarningCode{tender.WarnFutureReport, tender.WarnQuietReport, tender.WarnMissingReport, tender.WarnHiddenRows,
	tender.WarnNotCompared, tender.WarnVanished, tender.WarnAmended, tender.WarnLeftOutInTime}

// fill puts in what a check says of the report.
func (s *stagedReport) fill(e *pipeline.CheckResult) {
	s.Series = e.Offer.Series
	for i := range e.Choice.Ignored {
		if e.Choice.Ignored[i].Name == s.Name {
			s.Ignored = e.Choice.Ignored[i].Reason
		}
	}
	for i := range e.Reports {
		if e.Reports[i].File == s.Name {
			s.Report, s.Totals = &e.Reports[i], &e.Files[i]
		}
	}
	for i := range e.Inputs {
		if e.Inputs[i].File == s.Name {
			s.Input = &e.Inputs[i]
		}
	}
	for _, w := range e.Warnings {
		switch {
		case (w.Code == tender.WarnFutureReport || w.Code == tender.WarnQuietReport) && e.Phase == tender.Final:
			s.Stops = append(s.Stops, w.Message)
		case slices.Contains(ofReports, w.Code):
			s.Remarks = append(s.Remarks, w.Message)
		}
	}
	own := slices.DeleteFunc(slices.Clone(e.Findings), func(f tender.Finding) bool { return f.Source.File != s.Name })
	s.Groups = groupsOf(export.FindingsJSON(e.Offer, own, false))
}

// acceptOrDiscard puts a report that was checked into the inbox, or removes it.
func (c *Console) acceptOrDiscard(w http.ResponseWriter, r *http.Request) {
	folder, path, err := c.stagedFile(r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	files, name := "/offers/"+r.PathValue("offer")+"/files", filepath.Base(path)
	if r.PostFormValue("do") != "accept" {
		if err := c.Disk.Remove(filepath.Dir(path)); err != nil {
			c.failed(w, r, err)
			return
		}
		c.done(w, r, files, name+" was discarded.")
		return
	}
	if err := prepare.AddReport(r.Context(), c.prepareRequest(r, folder), path, name, r.PostFormValue("digest")); err != nil {
		c.failed(w, r, err)
		return
	}
	if err := c.Disk.Remove(filepath.Dir(path)); err != nil {
		c.Log.Warn("the folder of an upload could not be removed", "error", err)
	}
	c.logs(r, "a report was accepted", "offer", r.PathValue("offer"), "file", name)
	c.done(w, r, files, name+" is in the inbox. The scheduler makes a run with it soon.")
}
