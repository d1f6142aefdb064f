// Package need estimates the memory that a run of an offer will need, by the files that it
// would read, before any of them is read.
package need

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/inbox"
	"tenderbatch/internal/offerfolder"
	"tenderbatch/internal/result"
)

// What a run needs at its peak, in bytes of memory: a base, so much for each row that it
// reads, and for each byte of the texts in the rows. They are drawn above what was measured
// (docs/performance.md).
const (
	needBase      = 60 << 20
	needOfRow     = 1450
	needOfText    = 1  // of a byte of the rows as a CSV file has them
	needOfEarlier = 2  // of the instructions.csv that a run is compared with
	needOfUnknown = 25 // of a byte of a file whose rows cannot be counted, such as a protected workbook
)

// Of estimates the memory that a run of the offer in a folder will need at its peak, in
// bytes, by the sizes of the files it would read. What cannot be read needs nothing, as
// the run will fail of it.
func Of(folder string, now time.Time) int64 {
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

// needOf is what one file needs: by its rows, which are estimated from how long the first of
// them are. The file itself is in memory, too.
func needOf(name string) int64 {
	packed := size(name)
	file, err := disk.Open(name)
	if err != nil {
		return 0
	}
	defer file.Close()
	if strings.EqualFold(filepath.Ext(name), ".csv") {
		rows := rowsIn(file, packed, "\n")
		return packed + rows*needOfRow + packed*needOfText
	}
	book, err := zip.NewReader(file, packed)
	if err != nil {
		return packed * needOfUnknown // a protected workbook, or none
	}
	need := packed
	for _, part := range book.File {
		unpacked := int64(min(part.UncompressedSize64, offerfolder.MostBytes))
		switch {
		case strings.HasPrefix(part.Name, "xl/worksheets/"):
			need += rowsOf(part, unpacked) * needOfRow
		case path.Base(part.Name) == "sharedStrings.xml":
			need += unpacked * needOfText
		}
	}
	return need
}

// rowsOf estimates the rows of a sheet, and counts those with their strings in them as more.
func rowsOf(part *zip.File, unpacked int64) int64 {
	content, err := part.Open()
	if err != nil {
		return 0
	}
	defer content.Close()
	return rowsIn(content, unpacked, "<row")
}

// sampled is how much of a file is looked at to estimate its rows.
const sampled = 256 << 10

// rowsIn estimates the rows of content of a length, each of which has a mark.
func rowsIn(content io.Reader, length int64, mark string) int64 {
	first, err := io.ReadAll(io.LimitReader(content, sampled))
	if err != nil || len(first) == 0 {
		return 0
	}
	return length * int64(bytes.Count(first, []byte(mark))) / int64(len(first))
}

func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	return info.Size()
}
