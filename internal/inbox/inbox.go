package inbox

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tenderbatch/internal/disk"
	"tenderbatch/internal/tender"
)

// Sift picks, from what is in the inbox under each name, the names of files that
// may be reports; [Choose] takes it from there. A folder, a link and the like are left
// out with the reason. One under the name of a report is a *[FileError], as a
// report may be behind it; but a link is a file like others where the depositary's
// terms say so (follow_links), and a folder, which is never sent as a report, is only
// named.
func Sift(o *tender.Offer, modes map[string]fs.FileMode) (names []string, left []Ignored, err error) {
	var faults []tender.FileFault
	for _, name := range slices.Sorted(maps.Keys(modes)) {
		mode := modes[name]
		_, owners := ownersOf(o, name)
		claimed := len(owners) > 0
		linked := mode&fs.ModeSymlink != 0 && claimed && o.Depositaries[owners[0]].FollowLinks
		switch {
		case claimed && !utf8.ValidString(name):
			faults = append(faults, tender.FileFault{File: name, Rule: tender.RuleName,
				Message: "the name is not text in UTF-8, so no result could name the file",
				Advice:  "rename the file; letters, digits, hyphens and points are safe"})
		case claimed && strings.ContainsFunc(name, unicode.IsControl):
			faults = append(faults, tender.FileFault{File: name, Rule: tender.RuleName,
				Message: "the name holds a line break or another control character",
				Advice:  "rename the file; letters, digits, hyphens and points are safe"})
		case mode.IsRegular(), linked:
			names = append(names, name)
		case mode.IsDir() && strings.HasPrefix(name, "."):
		case mode.IsDir() && claimed:
			left = append(left, Ignored{name, folderOfReport})
		case claimed:
			faults = append(faults, notAFile(name, mode, o.Depositaries[owners[0]]))
		default:
			left = append(left, Ignored{name, "is " + disk.KindOf(mode)})
		}
	}
	return names, left, tender.Failed(faults)
}

// folderOfReport is why a folder that has the name of a report is left out.
const folderOfReport = "is a folder, though it has the name of a report; put the file itself into the inbox"

// Folder reports whether a folder with the name of a report was left out: the report
// may be in it.
func (i Ignored) Folder() bool { return i.Reason == folderOfReport }

func notAFile(name string, mode fs.FileMode, d tender.Depositary) tender.FileFault {
	f := tender.FileFault{File: name, Rule: tender.RuleInbox,
		Message: fmt.Sprintf("is %s, not a file, under the name of a report of %s", disk.KindOf(mode), d.Name),
		Advice:  "move it away, and put the report itself into the inbox"}
	if mode&fs.ModeSymlink != 0 {
		f.Advice = "put the file itself into the inbox; if links are how reports come here, write follow_links: true at " +
			"the depositary"
	}
	return f
}

// Leave adds to the files that are not used.
func (c *Choice) Leave(left []Ignored) {
	c.Ignored = append(c.Ignored, left...)
	slices.SortFunc(c.Ignored, func(a, b Ignored) int { return cmp.Compare(a.Name, b.Name) })
}
