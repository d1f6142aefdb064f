//go:build linux || darwin

package sealed

import (
	"fmt"
	"syscall"
)

// enoughSpace is an error if a folder has not as much space as is to be unpacked into it.
func enoughSpace(folder string, bytes int64) error {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return fmt.Errorf("%s: %w", folder, err)
	}
	if free := int64(s.Bavail) * int64(s.Bsize); free < bytes {
		return fmt.Errorf("%s has %d bytes left, and %d are needed to unpack the archive: make room, or name another "+
			"folder in TMPDIR", folder, free, bytes)
	}
	return nil
}
