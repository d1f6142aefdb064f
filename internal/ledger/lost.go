package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// lostError says that a runs folder without a history had one.
type lostError struct{ traces []string }

func (e lostError) Error() string {
	return fmt.Sprintf("is missing or empty, and there was one (%s is still there): the history of the runs is lost",
		strings.Join(e.traces, ", "))
}

// begunAfresh is a [lostError] if something in a runs folder without a history speaks
// of an earlier one. A ledger that was removed must not look like an offer that has
// never been run.
func begunAfresh(runs string) error {
	traces, err := tracesOf(runs)
	if err == nil && len(traces) > 0 {
		err = lostError{traces}
	}
	return err
}

// tracesOf names what in a runs folder is only there once something was written to a
// ledger: the ledger's other files, older ledgers, links, and the first of the runs.
func tracesOf(runs string) ([]string, error) {
	all, err := treeOf(runs).ReadDir(runs)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	there := map[string]bool{}
	older := ""
	for _, d := range all {
		there[d.Name()] = true
		if isAside(d.Name()) {
			older = d.Name()
		}
	}
	var traces []string
	for _, name := range []string{sumName, latestName, finalName} {
		if there[name] {
			traces = append(traces, name)
		}
	}
	if there[databaseName+walSuffix] && !there[databaseName] {
		traces = append(traces, databaseName+walSuffix)
	}
	if older != "" {
		traces = append(traces, older)
	}
	folders, err := runFolders(runs)
	if len(folders) > 0 {
		traces = append(traces, folders[0])
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return traces, err
}

// isAside reports whether a file is a ledger that a rebuild set aside.
func isAside(name string) bool {
	return strings.HasPrefix(name, "ledger-") && strings.HasSuffix(name, ".db")
}
