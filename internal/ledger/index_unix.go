//go:build !windows

package ledger

// privateIndex is the layer between SQLite and the system that keeps the index of its log in
// the memory of the process; the locking mode alone does so only in the process that made the file.
const privateIndex = "unix-excl"
