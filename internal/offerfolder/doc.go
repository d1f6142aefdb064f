// Package offerfolder reads what is in the folder of an offer: its terms, its inbox, and the
// copies that its runs keep. It checks that a file has not changed while it was read, and
// follows no link that the terms do not allow.
package offerfolder
