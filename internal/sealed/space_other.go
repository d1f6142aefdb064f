//go:build !linux && !darwin

package sealed

// enoughSpace lets the disk say itself when it is full.
func enoughSpace(string, int64) error { return nil }
