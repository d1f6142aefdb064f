// Package readback reads the files of a run back from where they were written, and holds
// every figure in them against the run: what is published is what was computed.
package readback
