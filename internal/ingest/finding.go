package ingest

// finding is what is wrong with one cell, before it is known whose cell it is.
type finding struct {
	rule, message, advice string
}
