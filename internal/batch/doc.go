// Package batch makes one run of one offer: from the files in the offer's inbox
// to the published folder.
//
//	offer.yaml + inbox/ → instructions → book → allocation → settlement → runs/<run>/
//
// Everything is computed before anything is written. A run's folder appears
// whole or not at all, and only after the invariants hold and the workbook has
// been read back. The time is an argument: the package never asks the clock.
package batch
