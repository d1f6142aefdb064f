// Package result holds the record of a run: what it was made from, what it found, what is
// accepted and what is paid, and how it differs from the run before. Every renderer reads
// it; it knows none of them.
package result
