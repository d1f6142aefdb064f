// Package termsheet writes the terms of an offer as a form that counsel fills in, a workbook of one
// page, and reads it back as an offer.yaml.
//
// The form has a field for each of the terms that an Offer to Purchase usually has. What else
// offer.yaml can say is on a second sheet, Further terms, as lines of YAML: nothing of an offer is
// lost on the way there and back, and what was written is read back before it is handed out.
//
// What a field can hold comes from the reader of offer.yaml ([offerfile.Keys]): its kind, and the words
// of its drop-down. This package only knows labels and places. Fields are found by their labels, so
// rows can be added and moved; a cell that is not read is a fault, never dropped.
package termsheet
