package ingest

import (
	"maps"

	"tenderbatch/internal/cainstruction"
	"tenderbatch/internal/inbox"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/xlsx"
)

// messagesOf reads the files that are messages, by file; nil for the others. What cancels an instruction
// is linked with it across the files of each depositary.
func messagesOf(files []inbox.Chosen) []*cainstruction.File {
	all := make([]*cainstruction.File, len(files))
	of := make(map[string][]*cainstruction.File)
	for i, f := range files {
		if cainstruction.Is(f.Name, f.Content) {
			all[i] = cainstruction.Read(f.Name, f.Content)
			of[f.Depositary.Name] = append(of[f.Depositary.Name], all[i])
		}
	}
	for _, linked := range of {
		cainstruction.Link(linked)
	}
	return all
}

// messageTable makes a table of the messages. What the offer says of the columns of the depositary's
// sheets is left out, but for headings that are fields of messages.
func (r *reading) messageTable(f *cainstruction.File) ([]table, bool) {
	r.noteProtection(xlsx.Unprotected)
	t, d := r.terms, &r.terms.depositary
	d.Columns = f.Columns(d.Columns)
	if faults := f.CheckTime(d.Columns, d.Name); len(faults) > 0 {
		r.found.fault("", faults...)
		return nil, false
	}
	d.Sheets, d.Skip, d.Ignored, d.Decimal = nil, nil, nil, tender.DecimalPoint
	maps.Copy(t.statuses, cainstruction.Statuses(d.Statuses))
	t.place, t.known, r.report.Format = f.Place, "a field of the messages", f.Format()
	for _, note := range f.Notes {
		r.found.note(note)
	}
	return []table{{each: f.Each(d.Columns["received"])}}, true
}
