// Package compare holds what two runs of an offer say differently: terms, files, series,
// caps, wires, findings and instructions. Renderers show a [Difference]; what it consists of
// is paired up here.
package compare
