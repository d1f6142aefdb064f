// Package printout prints for people at a terminal what commands found: outcomes of runs, checks, the history,
// differences, prices and explanations. It works nothing out.
package printout
