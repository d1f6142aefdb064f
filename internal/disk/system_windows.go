package disk

import (
	"io/fs"
	"os"
)

// NoFollow is nothing here: the system opens no pipes by the names of files, and links are
// looked at before.
const NoFollow = 0

// Owner is not known here: files have no numbered owners.
func Owner(fs.FileInfo) (user int, known bool) { return 0, false }

// syncNames does nothing: the system keeps a journal of names, and refuses to flush a folder
// that was opened to be read.
func syncNames(*os.File) error { return nil }
