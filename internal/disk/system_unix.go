//go:build !windows

package disk

import (
	"io/fs"
	"os"
	"syscall"
)

// NoFollow opens a file for its lock: a link is not followed, and a pipe, which would hang
// a process that opens it, does not wait, deaf to every signal.
const NoFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// Owner is the number of the user to whom a file belongs; known is false where files have none.
func Owner(info fs.FileInfo) (user int, known bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(stat.Uid), true
}

// syncNames makes the names in an open folder durable.
func syncNames(folder *os.File) error { return folder.Sync() }
