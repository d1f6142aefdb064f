package pipeline

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/inbox"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/result"
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
	need += needOfEarlier * size(filepath.Join(folder, offerfolder.RunsName, "latest", result.InstructionsName))
	in, err := offerfolder.ListInbox(folder, nil)
	if err != nil {
		return need
	}
	used, earlier := filesOf(folder, in, now)
	for _, name := range used {
		need += needOf(in.Paths[name])
	}
	largest := int64(0) // the earlier reports are read one by one
	for _, name := range earlier {
		largest = max(largest, needOf(in.Paths[name]))
	}
	return need + largest
}

// filesOf are the files that a run would use, and the earlier ones that it would compare
// them with: all there are if the terms do not say, and none where something there
// stops the run.
func filesOf(folder string, in *offerfolder.ListedInbox, now time.Time) (names, earlier []string) {
	terms, err := offerfolder.Terms(folder)
	if err != nil {
		return in.Files(), nil
	}
	names, _, err = inbox.Sift(terms.AsOf(now), in.Modes)
	if err != nil {
		return nil, nil
	}
	choice, err := inbox.Choose(terms.AsOf(now), names, now)
	if err != nil {
		return names, nil
	}
	for _, c := range inbox.Earlier(terms.AsOf(now), choice, names) {
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
	file, err := disk.Open(path)
	if err != nil {
		return 0
	}
	defer file.Close()
	book, err := zip.NewReader(file, packed)
	if err != nil {
		return packed * needOfPacked // a protected workbook, or none
	}
	unpacked := uint64(0)
	for _, part := range book.File {
		unpacked += min(part.UncompressedSize64, offerfolder.MostBytes)
	}
	return min(packed*needOfPacked, int64(min(unpacked, 64*offerfolder.MostBytes))*needOfUnpacked)
}

func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	return info.Size()
}
