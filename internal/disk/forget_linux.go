package disk

import (
	"os"

	"golang.org/x/sys/unix"
)

// forget asks the system to drop what it has of a synced file in memory, so that the next
// reader gets what is on the disk. A file system in memory keeps it.
func forget(file *os.File) {
	_ = unix.Fadvise(int(file.Fd()), 0, 0, unix.FADV_DONTNEED) // it is a request
}
