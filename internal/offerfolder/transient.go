package offerfolder

import (
	"errors"
	"syscall"

	"tenderbatch/internal/ledger"
)

// passing are the errors of the system that pass without anybody changing the offer.
var passing = []error{
	syscall.EMFILE, syscall.ENFILE, syscall.ENOSPC, syscall.EDQUOT, syscall.EAGAIN, syscall.EIO, syscall.ENOMEM,
	syscall.EINTR, syscall.EBUSY, syscall.ETIMEDOUT, syscall.ESTALE, syscall.EHOSTDOWN, syscall.EHOSTUNREACH,
	syscall.ENOTCONN,
	syscall.EROFS, // what a file system becomes after an error of its disk
	ledger.ErrUnavailable,
}

// Transient reports whether an error is of the machine and may pass: a full disk, too many
// open files, another process that holds the ledger. The same run is then worth another
// try, while one that failed by its terms, files or figures is not until they change.
func Transient(err error) bool {
	for _, p := range passing {
		if errors.Is(err, p) {
			return true
		}
	}
	return false
}
