package tenderbatch

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// TestEveryLinkOfThePagesLeadsSomewhere follows the links within the repository, to the heading.
func TestEveryLinkOfThePagesLeadsSomewhere(t *testing.T) {
	links, broken := brokenLinks(t, os.DirFS("."))
	for _, b := range broken {
		t.Error(b)
	}
	if links < 100 {
		t.Errorf("only %d links were found", links)
	}
}

func TestLinksThatLeadNowhereAreFound(t *testing.T) {
	house := planted{
		"A.md":      "# A\n[b](docs/b.md#what-a-cap-can-do) [c](docs/c.md) [d](#a) [e](#e) [f](https://example.com)\n```\n# e\n[g](g.md)\n```\n",
		"docs/b.md": "## What a `cap` can do?\n[a](../A.md#b) [a](../A.md)\n",
	}
	links, broken := brokenLinks(t, house.fs(t))
	want := "[A.md leads to docs/c.md, which is not there A.md leads to #e, which is no heading of A.md " +
		"docs/b.md leads to ../A.md#b, which is no heading of A.md]"
	if links != 6 || fmt.Sprint(broken) != want {
		t.Errorf("%d links, broken %q", links, broken)
	}
}

var (
	fenced  = regexp.MustCompile("(?ms)^```.*?^```$")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

// brokenLinks counts the links of the pages within the repository, and lists those that lead nowhere.
func brokenLinks(t *testing.T, house fs.FS) (links int, broken []string) {
	t.Helper()
	pages, err := fs.Glob(house, "*.md")
	if err != nil {
		t.Fatal(err)
	}
	docs, err := fs.Glob(house, "docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, docs...) {
		for _, found := range link.FindAllStringSubmatch(text(t, house, page), -1) {
			if strings.Contains(found[1], ":") {
				continue // elsewhere
			}
			links++
			file, anchor, _ := strings.Cut(found[1], "#")
			target := page
			if file != "" {
				target = path.Join(path.Dir(page), file)
			}
			switch info, err := fs.Stat(house, target); {
			case err != nil:
				broken = append(broken, fmt.Sprintf("%s leads to %s, which is not there", page, found[1]))
			case anchor != "" && (info.IsDir() || !anchors(text(t, house, target))[anchor]):
				broken = append(broken, fmt.Sprintf("%s leads to %s, which is no heading of %s", page, found[1], target))
			}
		}
	}
	return links, broken
}

// text is a page without its blocks of code.
func text(t *testing.T, house fs.FS, page string) string {
	t.Helper()
	content, err := fs.ReadFile(house, page)
	if err != nil {
		t.Fatal(err)
	}
	return fenced.ReplaceAllString(string(content), "")
}

// anchors are the names that a page's headings have in links.
func anchors(page string) map[string]bool {
	all := map[string]bool{}
	for _, h := range heading.FindAllStringSubmatch(page, -1) {
		words := regexp.MustCompile(`[^a-z0-9_ -]`).ReplaceAllString(strings.ToLower(h[1]), "")
		all[strings.ReplaceAll(words, " ", "-")] = true
	}
	return all
}
