package inbox

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"tenderbatch/internal/display"
	"tenderbatch/internal/tender"
	"tenderbatch/internal/values"
)

// Chosen is a file that a run uses, with the depositary it came from. [Choose]
// leaves Content nil and Password empty; the caller fills them before [Read].
type Chosen struct {
	Depositary tender.Depositary
	Reported   time.Time // the time in the name; zero if it has none

	// Password opens the file if it is protected: what the variable
	// Depositary.PasswordEnv holds, "" for none. This package does not read the
	// environment. The password is in no message, note or result.
	Password string

	// Progress is called now and then with how many more rows of the file were read; it
	// may be nil.
	Progress func(rows int)

	File
}

// String names the file. With GoString it keeps the password out of anything
// that prints a Chosen.
func (c Chosen) String() string { return c.Depositary.Name + ": " + c.Name }

// GoString is String.
func (c Chosen) GoString() string { return c.String() }

// File is one file of the inbox, whole.
type File struct {
	Name    string // base name
	Content []byte
}

// Choice is what a run takes from the inbox.
type Choice struct {
	Chosen  []Chosen  // by depositary as in the offer, then oldest first
	Ignored []Ignored // by name
}

// Ignored is a file of the inbox that is not used, and why.
type Ignored struct{ Name, Reason string }

// noDepositary is the reason why a file belongs to no depositary, or how it begins.
const noDepositary = "matches no depositary's files"

// Unclaimed reports whether the file matches no depositary's files: it may be a report
// under a wrong name.
func (i Ignored) Unclaimed() bool { return strings.HasPrefix(i.Reason, noDepositary) }

// report is a file with the time in its name.
type report struct {
	name  string
	at    time.Time // zero: the name carries no date
	dated bool
}

// Choose picks, from the names in the inbox, the files that a run as of an
// instant uses. Its error is a *[FileError] with everything that is wrong with
// the names.
func Choose(o *tender.Offer, names []string, asOf time.Time) (Choice, error) {
	var choice Choice
	var faults []tender.FileFault
	matching := make([][]string, len(o.Depositaries))
	for _, name := range slices.Sorted(slices.Values(names)) {
		reason, owners := ownersOf(o, name)
		switch {
		case reason != "":
			choice.Ignored = append(choice.Ignored, Ignored{name, reason})
		case len(owners) == 0:
			faults = append(faults, caseDiffers(name, o.Depositaries[nearly(o, name)]))
		case len(owners) > 1:
			faults = append(faults, claimedTwice(o, name, owners))
		default:
			matching[owners[0]] = append(matching[owners[0]], name)
		}
	}
	for i, d := range o.Depositaries {
		used, ignored, wrong := reportsOf(d, matching[i], names, asOf, o.Zone)
		for _, r := range used {
			choice.Chosen = append(choice.Chosen, Chosen{Depositary: d, Reported: r.at, File: File{Name: r.name}})
		}
		choice.Ignored = append(choice.Ignored, ignored...)
		faults = append(faults, wrong...)
	}
	slices.SortFunc(choice.Ignored, func(a, b Ignored) int { return cmp.Compare(a.Name, b.Name) })
	return choice, tender.Failed(faults)
}

// ownersOf lists the depositaries whose pattern a name matches, or says why it
// is none of theirs.
func ownersOf(o *tender.Offer, name string) (reason string, owners []int) {
	switch {
	case strings.HasPrefix(name, "~$"):
		return "the mark of a workbook that is open in Excel", nil
	case slices.Contains(unfinished, strings.ToLower(path.Ext(name))):
		return "still being written", nil
	}
	for i, d := range o.Depositaries {
		if ok, err := path.Match(smallExtension(d.Files), smallExtension(name)); ok && err == nil {
			owners = append(owners, i)
		}
	}
	if len(owners) > 0 || nearly(o, name) >= 0 {
		return "", owners
	}
	return noDepositary + otherKind(o.Depositaries, name), nil
}

// unfinished are the extensions that browsers and programs for file transfer give a file as
// long as it is not whole.
var unfinished = values.Words(".part .tmp .crdownload .download .filepart .partial")

// smallExtension is a name with the extension in small letters: programs write .XLSX
// for the same kind of file. Letters with accents are one character: macOS writes them as two.
func smallExtension(name string) string {
	name = norm.NFC.String(name)
	at := len(name) - len(path.Ext(name))
	return name[:at] + strings.ToLower(name[at:])
}

// nearly is a depositary whose pattern the name would match if capital and small letters
// were the same, -1 for none.
func nearly(o *tender.Offer, name string) int {
	return slices.IndexFunc(o.Depositaries, func(d tender.Depositary) bool {
		ok, err := path.Match(strings.ToLower(norm.NFC.String(d.Files)), strings.ToLower(norm.NFC.String(name)))
		return ok && err == nil
	})
}

// caseDiffers stops on a report that would be left out for its capital letters: it may
// be the newest.
func caseDiffers(name string, d tender.Depositary) tender.FileFault {
	return tender.FileFault{File: name, Rule: tender.RuleName,
		Message: fmt.Sprintf("the name differs from the files of %s (%s) by capital and small letters only", d.Name, d.Files),
		Advice:  "rename the file, or write the pattern in the offer so that it matches"}
}

func claimedTwice(o *tender.Offer, name string, owners []int) tender.FileFault {
	var claims []string
	for _, i := range owners {
		claims = append(claims, fmt.Sprintf("%s (%s)", o.Depositaries[i].Name, o.Depositaries[i].Files))
	}
	return tender.FileFault{File: name, Rule: tender.RuleName,
		Message: "the name matches the files of " + strings.Join(claims, " and of "),
		Advice:  "make the patterns in the offer distinguish them"}
}

// reportsOf picks the reports of one depositary among the names that match.
func reportsOf(d tender.Depositary, matching, inbox []string, asOf time.Time, zone *time.Location) (used []report,
	ignored []Ignored, faults []tender.FileFault) {
	if _, err := path.Match(d.Files, ""); err != nil {
		return nil, nil, []tender.FileFault{{Rule: tender.RuleInbox,
			Message: fmt.Sprintf("depositary %s: %q is no pattern of file names", d.Name, d.Files),
			Advice:  "correct files in the offer"}}
	}
	if len(matching) == 0 {
		return nil, nil, []tender.FileFault{noReport(d, inbox)}
	}
	reports, faults := datedReports(d, matching, zone)
	if len(faults) > 0 {
		return nil, nil, faults
	}
	if faults := sameTime(d, reports); len(faults) > 0 {
		return nil, nil, faults
	}
	last := len(reports) - 1
	if i := slices.IndexFunc(reports, func(r report) bool { return !r.at.Before(asOf) }); i >= 0 {
		last = i
		for last+1 < len(reports) && reports[last+1].at.Equal(reports[i].at) {
			last++ // incremental reports of one time go together
		}
	}
	for i, r := range reports {
		switch {
		case i > last:
			ignored = append(ignored, Ignored{r.name, "newer than the report that shows everything as of the run, " +
				reports[last].name})
		case i < last && !d.Incremental:
			ignored = append(ignored, Ignored{r.name, "replaced by " + reports[last].name})
		default:
			used = append(used, r)
		}
	}
	return used, ignored, nil
}

func noReport(d tender.Depositary, inbox []string) tender.FileFault {
	there := "is empty"
	if len(inbox) > 0 {
		const most = 20
		sorted := slices.Sorted(slices.Values(inbox))
		there = "holds " + display.List(sorted[:min(most, len(sorted))])
		if len(sorted) > most {
			there += fmt.Sprintf(" and %d more", len(sorted)-most)
		}
	}
	advice := "put the report into the inbox, or correct files in the offer"
	for _, name := range slices.Sorted(slices.Values(inbox)) {
		if other := savedAs(d, name); other != "" {
			advice = display.Quote(name) + " is of another kind: " + other + "; else " + advice
			break
		}
	}
	return tender.FileFault{Rule: tender.RuleInbox,
		Message: fmt.Sprintf("no report of depositary %s: nothing matches %q; the inbox %s", d.Name, d.Files, there), Advice: advice}
}

const namingAdvice = "name reports by their date, and time if there are several a day, such as dtc-2004-11-12.xlsx " +
	"or dtc-2004-11-12T1730.xlsx"

// datedReports reads the names' times and sorts by them. A lone report needs
// none.
func datedReports(d tender.Depositary, names []string, zone *time.Location) (reports []report,
	faults []tender.FileFault) {
	for _, name := range names {
		at, dated, err := nameTime(name, zone)
		if len(names) > 1 && err == nil && !dated {
			err = fmt.Errorf("the name carries no date, and depositary %s has %d files", d.Name, len(names))
		}
		if err != nil {
			faults = append(faults, tender.FileFault{File: name, Rule: tender.RuleName, Message: err.Error(),
				Advice: namingAdvice})
		}
		reports = append(reports, report{name, at, dated})
	}
	slices.SortFunc(reports, func(a, b report) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.name, b.name)) })
	return reports, faults
}

// copyMark is what programs add to a name that is there already, such as " (1)" or " - Copy".
var copyMark = regexp.MustCompile(`(?i)( ?\([0-9]+\)| - copy| copy)+(\.[a-z]+)$`)

// copies finds incremental reports that bear the name of another with the mark of a copy.
// Each would be added, and which is the later, or whether they differ, the names do not say.
func copies(reports []report) (faults []tender.FileFault) {
	for _, r := range reports {
		original := copyMark.ReplaceAllString(r.name, "$2")
		if original != r.name && slices.ContainsFunc(reports, func(o report) bool { return o.name == original }) {
			faults = append(faults, tender.FileFault{File: r.name, Rule: tender.RuleName,
				Message: fmt.Sprintf("by its name it is a copy of %s, or came later under the same name", original),
				Advice:  "remove the wrong one, or " + namingAdvice})
		}
	}
	return faults
}

// sameTime finds snapshots of one time: which of them is right is not known.
func sameTime(d tender.Depositary, reports []report) (faults []tender.FileFault) {
	if d.Incremental {
		return copies(reports)
	}
	for i := 1; i < len(reports); i++ {
		if reports[i].at.Equal(reports[i-1].at) {
			faults = append(faults, tender.FileFault{File: reports[i].name, Rule: tender.RuleName,
				Message: fmt.Sprintf("%s is of the same time, and each would replace the other", reports[i-1].name),
				Advice:  "remove the wrong one, or " + namingAdvice})
		}
	}
	return faults
}
