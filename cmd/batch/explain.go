package main

import (
	"io"
	"strings"

	"tenderbatch/internal/batch"
	"tenderbatch/internal/ingest"
	"tenderbatch/internal/tender"
)

// printExplanations follows the rows that where names. That some are rejected is
// what was asked, and no failure.
func printExplanations(out io.Writer, e *batch.Examination, where string) error {
	explanations, err := e.Explain(where)
	if err != nil {
		return err
	}
	p := &printer{w: out}
	for i, x := range explanations {
		if i > 0 {
			p.linef("")
		}
		p.explanation(x)
	}
	return p.err
}

func (p *printer) explanation(x batch.Explanation) {
	where := x.Source.File
	if x.Source.Sheet != "" {
		where += ", sheet " + x.Source.Sheet
	}
	hidden := ""
	if x.Hidden {
		hidden = ", hidden"
	}
	p.linef("%s (%s), row %d%s: %s", where, x.Depositary, x.Source.Row, hidden, x.Became)
	for _, c := range x.Cells {
		p.tracedCell(c, x.Instruction != nil)
	}
	if x.Instruction == nil {
		p.linef("  no instruction was read from it")
		return
	}
	p.linef("the row: %s", x.Outcome)
	for _, r := range x.Rejects {
		p.reason(r)
	}
	if x.Window != "" {
		p.linef("the window: %s", x.Window)
	}
	for _, r := range x.Said {
		p.reason(r)
	}
	p.linef("in the end: %s", x.Result)
}

// tracedCell is a cell in a sentence: what it holds, under which heading, and
// what it was read as.
func (p *printer) tracedCell(c ingest.TracedCell, instruction bool) {
	heading, read := "no heading", "not read"
	if c.Heading != "" {
		heading = c.Heading
	}
	if c.Column != "" && instruction {
		read = "the " + strings.ReplaceAll(c.Column, "_", " ") + ": "
		if c.Read == "" {
			read += "not readable, or blank"
		} else {
			read += c.Read
		}
	}
	p.linef("  %-5s %s: %s -> %s", c.Cell, heading, c.Holds, read)
}

func (p *printer) reason(r tender.Reject) {
	at := ""
	if r.Cell != "" {
		at = r.Cell + ": "
	}
	p.linef("  %s%s; %s [%s]", at, r.Message, r.Advice, r.Rule)
	if r.Waived != "" {
		p.linef("    waived %s", r.Waived)
	}
}
