// Package exitcode is the one table of the exit codes: what each means, and what to do.
package exitcode

// Code is the program's exit code: docs/commands.md.
type Code int

// The exit codes.
const (
	Done         Code = 0 // also: nothing has changed
	Failed       Code = 1
	Usage        Code = 2 // usage or terms
	OpenFindings Code = 3 // done, and findings are open
	Unsaid       Code = 4 // done, but what was done could not be written to standard output
	Busy         Code = 5 // another run holds the offer
	Controls     Code = 6 // invariants or control totals broken, a published run altered, or the history lost
	// serve: the command line or batch.yaml is wrong (EX_CONFIG of sysexits.h); 2 is Go's own for a fatal error
	Config      Code = 78
	Interrupted Code = 130
)

// Entry is what there is to say of a code.
type Entry struct {
	Code    Code
	Short   string // what happened, in a few words, for the headline of a notice
	Meaning string // one or two sentences
	Advice  string // what to do, without a full stop
}

// Table lists the codes. The manual pages, --help and the notices read it; docs/commands.md
// and docs/operations.md are tested against it.
var Table = []Entry{
	{Done, "done", "Done, or nothing has changed since the last run.", "nothing"},
	{Failed, "failed", "Failed: a file is missing, damaged or not understood, or the disk refused. Nothing was published.",
		"read the message; nothing was published, unless it says that the run is published"},
	{Usage, "not run: the command line or the terms are wrong",
		"Usage or terms: the command line, offer.yaml or batch.yaml is wrong, or a final run would be replaced. Nothing " +
			"was published.",
		"correct the place that the message names"},
	{OpenFindings, "done, with open findings",
		"Done, and findings are open: clarify them with the depositary, or resolve them in the offer.",
		"the result is published, or nothing has changed; clarify the open findings with the depositary, or resolve them " +
			"in the offer"},
	{Unsaid, "done, but its output was lost",
		"Done, but what was done could not be written to standard output, such as a full disk or a closed pipe.",
		"nothing for the result: it is there. Make room, or correct what reads the output"},
	{Busy, "not run: another run holds the offer", "Another run holds this offer.", "wait, then run again, or let `--wait 10m` do so"},
	{Controls, "not published: figures that must agree do not",
		"Figures that must agree do not: a control total, an invariant, or what was published before. A run published " +
			"nothing.",
		"nothing was published; ask the depositary for a correct file, or restore what the message names"},
	{Config, "not started: its command line or batch.yaml is wrong",
		"Of batch serve: its command line or batch.yaml is wrong. It is not started again by itself.",
		"correct the place that the message names, then start the service"},
	{Interrupted, "interrupted", "Interrupted. Nothing was published; run again.", "run again"},
}

// Entry is the entry of a code, that of [Failed] for a code that is not known.
func (c Code) Entry() Entry {
	for _, e := range Table {
		if e.Code == c {
			return e
		}
	}
	return Table[1]
}
