package intake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/imaplink"
	"tenderbatch/internal/pgp"
	"tenderbatch/internal/settings"
	"tenderbatch/internal/sshlink"
)

// item is something that a channel has under a name.
type item struct {
	name     string
	size     int64
	modified time.Time
	tag      string // of its content, "" where a channel has none
	whole    bool   // something beside it says that it is whole

	digestIn    string // the name of the file with its digest, "" for none
	signatureIn string // the name of the file with its signature, "" for none
	beside      string // what is known of these two, "" for none: if it changes, the file is looked at again
}

// arrival is a file as it came.
type arrival struct {
	name      string
	sender    string
	content   []byte
	signature []byte // that lay beside it, nil for none
	digest    []byte // the file with its SHA-256 that lay beside it, nil for none
	note      string // what is known of its way, for the history
	refused   error  // why it may not be taken whatever it is, nil for nothing
	again     bool   // it was kept apart as no offer's, and other files are expected since
}

// source is a channel while it is read.
type source interface {
	list() ([]item, error)
	read(i item, most int64) ([]*arrival, error)
	sender() string
	close() error
}

// noting is a source that notes at the other side that something was dealt with. It never deletes it.
type noting interface{ took(i item) error }

// isOfItem reports whether an error is of one file only, and the channel is still there: the other side answered that it
// does not give it, or it is a file of this machine.
func isOfItem(from source, err error) bool {
	switch from.(type) {
	case local, *maildir:
		return true
	}
	return errors.Is(err, fs.ErrPermission) || needsPerson(err) || sshlink.IsAnswer(err) || imaplink.IsAnswer(err)
}

// changedError says that a file changed while it was read.
type changedError struct{ name string }

func (e *changedError) Error() string {
	return "it changed while it was read; it is taken once it is the same at two looks"
}

// open opens a channel.
func (l *look) open(ctx context.Context, c settings.Channel) (source, error) {
	switch {
	case c.SFTP.Host != "":
		session, err := sshlink.Dial(ctx, c.SFTP, l.Getenv)
		if err != nil {
			return nil, err
		}
		return &remote{session}, nil
	case c.S3.Bucket != "":
		return l.openBucket(ctx, c)
	case c.IMAP.Host != "":
		return l.openIMAP(ctx, c)
	case c.Maildir != "":
		return l.openMaildir(c)
	}
	return local(c.Folder), nil
}

// unfinished are the endings of files that are still being sent.
var unfinished = []string{".part", ".tmp", ".filepart", ".partial", ".crdownload"}

// candidates are the files among some that are no mark beside another, with what is beside each.
func candidates(all []item) (files []item) {
	there := map[string]item{}
	for _, i := range all {
		there[i.name] = i
	}
	for _, i := range all {
		ext := strings.ToLower(path.Ext(i.name))
		_, isBeside := there[strings.TrimSuffix(i.name, path.Ext(i.name))]
		isMark := slices.Contains([]string{".done", ".sha256", ".sig", ".asc"}, ext) && isBeside
		if isMark || strings.HasPrefix(i.name, ".") || strings.HasPrefix(i.name, "~") || slices.Contains(unfinished, ext) ||
			ext == ".done" || ext == ".sha256" {
			continue
		}
		files = append(files, i.with(there))
	}
	return files
}

// with is a file with what is beside it. A mark that is older than the file was left by an earlier one of its name, and
// does not say that this one is whole.
func (i item) with(there map[string]item) item {
	beside := func(ext string) (item, bool) { // programs of Windows write extensions in capitals, too
		for _, e := range []string{ext, strings.ToUpper(ext)} {
			if mark, is := there[i.name+e]; is {
				return mark, true
			}
		}
		return item{}, false
	}
	digest, hasDigest := beside(".sha256")
	if hasDigest {
		i.digestIn, i.beside = digest.name, digest.state()
	}
	for _, s := range []string{".sig", ".asc"} {
		if signature, is := beside(s); is {
			i.signatureIn = signature.name
			i.beside += signature.state()
		}
	}
	done, isDone := beside(".done")
	i.whole = i.whole || (isDone && !done.modified.Before(i.modified)) || (hasDigest && !digest.modified.Before(i.modified))
	return i
}

// state is what is known of a file that is beside another.
func (i item) state() string {
	return fmt.Sprintf("%s %d %s %s;", path.Ext(i.name), i.size, i.modified.UTC().Format(time.RFC3339Nano), i.tag)
}

// mostMark is more than the bytes of a signature or a digest.
const mostMark = 1 << 20

// beside reads what is beside a file. What is too large to be a digest or a signature is none.
func beside(a *arrival, i item, read func(name string, most int64) ([]byte, error)) error {
	for _, mark := range []struct {
		name string
		to   *[]byte
	}{{i.digestIn, &a.digest}, {i.signatureIn, &a.signature}} {
		if mark.name == "" {
			continue
		}
		content, err := read(mark.name, mostMark)
		if large := new(disk.TooLargeError); errors.As(err, &large) || len(content) > mostMark {
			a.refused = fmt.Errorf("%s is too large to be the digest or the signature of the file; ask for both to be "+
				"sent again", mark.name)
			return nil
		}
		if err != nil {
			return err
		}
		*mark.to = content
	}
	return nil
}

// local is a folder of this machine.
type local string

func (f local) sender() string { return "the folder " + string(f) }

func (local) close() error { return nil }

func (f local) list() (all []item, err error) {
	entries, err := disk.In(string(f)).ReadDir(string(f))
	if err != nil {
		return nil, fmt.Errorf("the folder cannot be read; see whether it is there and may be read: %w", err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if info.Mode().IsRegular() { // a link could lead to any file of this machine
			all = append(all, item{name: e.Name(), size: info.Size(), modified: info.ModTime()})
		}
	}
	return all, nil
}

func (f local) read(i item, most int64) ([]*arrival, error) {
	tree := disk.In(string(f))
	file := func(name string, most int64) ([]byte, error) {
		return tree.ReadFile(filepath.Join(string(f), name), most)
	}
	a := &arrival{name: i.name, sender: f.sender()}
	var err error
	if a.content, err = file(i.name, most); err != nil {
		return nil, err
	}
	info, err := tree.Lstat(filepath.Join(string(f), i.name))
	if err != nil {
		return nil, err
	}
	if int64(len(a.content)) != i.size || info.Size() != i.size || !info.ModTime().Equal(i.modified) {
		return nil, &changedError{i.name}
	}
	return []*arrival{a}, beside(a, i, file)
}

// remote is a folder of another machine.
type remote struct{ *sshlink.Session }

func (r *remote) sender() string { return r.At }

func (r *remote) close() error { return r.Session.Close() }

func (r *remote) list() (all []item, err error) {
	entries, err := r.List()
	if err != nil {
		return nil, fmt.Errorf("the folder %s of %s cannot be read: %w", r.Folder, r.At, err)
	}
	for _, e := range entries {
		if e.Mode().IsRegular() {
			all = append(all, item{name: e.Name(), size: e.Size(), modified: e.ModTime()})
		}
	}
	slices.SortFunc(all, func(a, b item) int { return strings.Compare(a.name, b.name) })
	return all, nil
}

func (r *remote) read(i item, most int64) ([]*arrival, error) {
	a := &arrival{name: i.name, sender: r.At}
	var err error
	if a.content, err = r.Read(i.name, most); err != nil {
		return nil, err
	}
	info, err := r.Stat(i.name)
	if err != nil {
		return nil, err
	}
	if int64(len(a.content)) != i.size || info.Size() != i.size || !info.ModTime().Equal(i.modified) {
		return nil, &changedError{i.name}
	}
	return []*arrival{a}, beside(a, i, r.Read)
}

// withoutPGP is the name of a file without that it is encrypted.
func withoutPGP(name string) string {
	if ext := path.Ext(name); slices.Contains(pgp.Extensions, strings.ToLower(ext)) {
		return strings.TrimSuffix(name, ext)
	}
	return name
}
