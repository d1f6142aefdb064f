package values

// Fault is what is wrong with one cell, before it is known whose cell it is.
type Fault struct {
	Rule, Message, Advice string
}
