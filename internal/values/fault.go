package values

// Fault is what is wrong with one cell, before it is known whose cell it is.
type Fault struct {
	Rule, Message, Advice string
}

// NewFault is a fault against a rule, in a sentence, and what to do about it.
func NewFault(rule, message, advice string) *Fault { return &Fault{rule, message, advice} }
