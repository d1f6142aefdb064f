// Package headings reads the row of headings of a report: which column holds what, in which
// zone, scale and currency its heading says its cells are, and what is missing, there
// twice or not clear. It reads no rows below.
package headings
