package offerfolder

import (
	"fmt"
	"io"
	"strings"
	"time"

	"tenderbatch/internal/export/workbook"
)

// Template writes an empty workbook in which a depositary of the offer in a
// folder can report, under the terms in force now. The depositary is named, or
// the first if the name is "".
func Template(w io.Writer, folder, depositary string, now time.Time) error {
	terms, err := Terms(folder)
	if err != nil {
		return err
	}
	offer := terms.AsOf(now)
	var names []string
	for i := range offer.Depositaries {
		d := &offer.Depositaries[i]
		if depositary == "" || d.Name == depositary {
			return workbook.WriteTemplate(w, offer, d)
		}
		names = append(names, d.Name)
	}
	return &UsageError{Message: fmt.Sprintf("--depositary %s: the offer has no such depositary; it has %s", depositary,
		strings.Join(names, ", "))}
}
