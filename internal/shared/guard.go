package shared

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// mirrorMark is the file that says that a folder holds mirrors, which are made and thrown away as the database says.
const mirrorMark = ".batch-mirror"

// PrepareMirror makes a folder one for mirrors. It is an error if it holds offers of its own: they would be taken for
// mirrors, and thrown away.
func PrepareMirror(folder string) error {
	mark := filepath.Join(folder, mirrorMark)
	if _, err := os.Stat(mark); err == nil {
		return nil
	}
	own, err := filepath.Glob(filepath.Join(folder, "*", "offer.yaml"))
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(folder, "offer.yaml")); err == nil || len(own) > 0 {
		return fmt.Errorf("%s holds offers of its own; name another folder, and bring them to the database with \"batch push\" or "+
			"\"batch migrate\"", folder)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return err
	}
	return os.WriteFile(mark, []byte("The folders here are copies of offers in a database; batch makes and removes them.\n"), 0o640)
}
