package serve

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"tenderbatch/internal/tender"
)

// watchedFile is what shows that a file was changed, and whether a spreadsheet program
// has it open.
type watchedFile struct {
	size    int64
	changed time.Time
	open    bool
}

// files are those of an inbox, and offer.yaml under its name with a slash.
type files map[string]watchedFile

// scanFiles lists the files from which a run is made, and when the newest change was. An
// inbox that is not there is empty.
func scanFiles(folder string) (files, time.Time, error) {
	found := files{}
	inbox := filepath.Join(folder, inboxName)
	entries, err := os.ReadDir(inbox)
	if err != nil && !isMissing(err) {
		return nil, time.Time{}, err
	}
	var newest time.Time
	add := func(name, path string, open bool) {
		// A file that goes while it is looked at is not there.
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			found[name] = watchedFile{info.Size(), info.ModTime(), open}
			newest = tender.Later(newest, info.ModTime())
		}
	}
	names := map[string]bool{}
	for _, e := range entries {
		names[e.Name()] = true
	}
	for name := range names {
		if !unfinished(name) {
			add(name, filepath.Join(inbox, name), names["~$"+name] || names[".~lock."+name+"#"])
		}
	}
	add("/"+offerName, filepath.Join(folder, offerName), false)
	if info, err := os.Stat(inbox); err == nil {
		newest = tender.Later(newest, info.ModTime()) // a file with an old time was put in or taken out
	}
	return found, newest, nil
}

// unfinished reports whether a name is that of a file that is still being written,
// of a lock, or of a hidden file.
func unfinished(name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~") || strings.HasSuffix(name, "~") {
		return true
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".part", ".partial", ".filepart", ".tmp", ".temp", ".crdownload", ".download", ".swp":
		return true
	}
	return false
}

// moved reports whether what could change a run is not as it was. A file that is
// open cannot be used; that it is closed is a change.
func (now files) moved(before files) bool {
	for name, f := range now {
		was, known := before[name]
		switch {
		case f.open:
		case !known, was.open, f.size != was.size, !f.changed.Equal(was.changed):
			return true
		}
	}
	for name := range before {
		if _, there := now[name]; !there {
			return true
		}
	}
	return false
}
