package export

import (
	"encoding/xml"
	"io"
)

// WriteXML writes a document of XML as banks and depositaries take it: with the declaration, indented, and a new
// line at its end.
func WriteXML(w io.Writer, doc any) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	out := xml.NewEncoder(w)
	out.Indent("", "  ")
	if err := out.Encode(doc); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
