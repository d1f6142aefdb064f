package offerfolder

import (
	"fmt"
	"path/filepath"
	"slices"

	"tenderbatch/internal/disk"
)

// releasedName is the folder with links to the runs that were released.
const releasedName = "released"

// kept are the folders of an offer into which the program alone writes: a file of a person in the folder of a run is
// found as one that the manifest does not have.
var kept = []string{RunsName, releasedName, ReceivedName, QuarantineName, StagingName}

// Elsewhere is a *[UsageError] if a file or a folder that a person has written by its path would be in one of the folders
// of an offer into which the program alone writes.
func Elsewhere(path string) error {
	at, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	for at = resolved(at); filepath.Dir(at) != at; at = filepath.Dir(at) {
		folder, name := filepath.Dir(at), filepath.Base(at)
		if !slices.Contains(kept, name) {
			continue
		}
		if info, err := disk.In(folder).Lstat(filepath.Join(folder, OfferName)); err == nil && info.Mode().IsRegular() {
			return &UsageError{Message: fmt.Sprintf("%s is in the folder %s of an offer, into which nothing else is written: what is "+
				"there must stay as it was published; name a place elsewhere", path, name)}
		}
	}
	return nil
}

// resolved is a path to where the links in it lead; what is not there yet is as it is named.
func resolved(path string) string {
	if at, err := filepath.EvalSymlinks(path); err == nil {
		return at
	}
	if parent := filepath.Dir(path); parent != path {
		return filepath.Join(resolved(parent), filepath.Base(path))
	}
	return path
}
