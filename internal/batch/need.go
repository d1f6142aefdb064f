package batch

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tenderbatch/internal/export"
	"tenderbatch/internal/ingest"
)

// What a run needs at its peak, in bytes of memory: a base, and so much for each byte of
// what it reads. They are drawn above what was measured (docs/performance.md). A
// workbook needs the less of what its packed and its unpacked size come to: one that is
// packed well has many rows in few bytes, one with long texts few rows in many.
const (
	needBase       = 48 << 20
	needOfCSV      = 45
	needOfPacked   = 100
	needOfUnpacked = 14
	needOfEarlier  = 10 // of the instructions.csv that a run is compared with
)

// Need estimates the memory that a run of the offer in a folder will need at its peak, in
// bytes, by the sizes of the files it would read. What cannot be read needs nothing, as
// the run will fail of it.
func Need(folder string, now time.Time) int64 {
	need := int64(needBase)
	need += needOfEarlier * size(filepath.Join(folder, runsName, "latest", export.InstructionsName))
	paths, err := listInbox(folder, nil)
	if err != nil {
		return need
	}
	used, earlier := filesOf(folder, paths, now)
	for _, name := range used {
		need += needOf(paths[name])
	}
	largest := int64(0) // the earlier reports are read one by one
	for _, name := range earlier {
		largest = max(largest, needOf(paths[name]))
	}
	return need + largest
}

// filesOf are the files that a run would use, and the earlier ones that it would compare
// them with: all there are if the terms do not say.
func filesOf(folder string, paths map[string]string, now time.Time) (names, earlier []string) {
	for name := range paths {
		names = append(names, name)
	}
	terms, err := Terms(folder)
	if err != nil {
		return names, nil
	}
	choice, err := ingest.Choose(terms.AsOf(now), names, now)
	if err != nil {
		return names, nil
	}
	for _, c := range ingest.Earlier(terms.AsOf(now), choice, names) {
		earlier = append(earlier, c.Name)
	}
	names = nil
	for _, c := range choice.Chosen {
		names = append(names, c.Name)
	}
	return names, earlier
}

// needOf is what one file needs.
func needOf(path string) int64 {
	packed := size(path)
	if strings.EqualFold(filepath.Ext(path), ".csv") {
		return packed * needOfCSV
	}
	book, err := zip.OpenReader(path)
	if err != nil {
		return packed * needOfPacked // a protected workbook, or none
	}
	defer book.Close()
	unpacked := uint64(0)
	for _, part := range book.File {
		unpacked += min(part.UncompressedSize64, mostBytes)
	}
	return min(packed*needOfPacked, int64(min(unpacked, 64*mostBytes))*needOfUnpacked)
}

func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	return info.Size()
}
