package pseudonym

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"path"
	"regexp"
)

// sheetName is the sheet of the workbook of a run that has its findings.
const sheetName = "Rejects"

// headings are the columns of that sheet that quote reports, by what they are called in the lists.
var headings = map[string]string{"value": "Value as written", "message": "What is wrong", "advice": "What to do"}

// mostPart is more than the bytes of any part of the workbook of a run.
const mostPart = 2 << 30

// workbook is result.xlsx with what its findings quote replaced. All other parts stay byte for byte.
func (r *Run) workbook(content []byte) ([]byte, error) {
	book, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, err
	}
	name, err := partOf(book, sheetName)
	if err != nil {
		return nil, err
	}
	sheet, err := readPart(book, name)
	if err != nil {
		return nil, err
	}
	now, err := r.sheet(sheet)
	if err != nil || bytes.Equal(now, sheet) {
		return content, err
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range book.File {
		if f.Name != name {
			err = w.Copy(f)
		} else {
			var to io.Writer
			if to, err = w.CreateHeader(&zip.FileHeader{Name: f.Name, Method: f.Method, Modified: f.Modified}); err == nil {
				_, err = to.Write(now)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	err = w.Close()
	return out.Bytes(), err
}

func readPart(book *zip.Reader, name string) ([]byte, error) {
	file, err := book.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, mostPart))
	if err == nil && len(content) == mostPart {
		err = errors.New("it is too large")
	}
	return content, err
}

// partOf is the part of a workbook that holds the sheet of a name.
func partOf(book *zip.Reader, sheet string) (string, error) {
	var sheets struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
			ID   string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	var links struct {
		All []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	for name, to := range map[string]any{"xl/workbook.xml": &sheets, "xl/_rels/workbook.xml.rels": &links} {
		content, err := readPart(book, name)
		if err == nil {
			err = xml.Unmarshal(content, to)
		}
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, s := range sheets.Sheets {
		for _, l := range links.All {
			if s.Name != sheet || l.ID != s.ID {
				continue
			}
			if path.IsAbs(l.Target) {
				return l.Target[1:], nil
			}
			return path.Join("xl", l.Target), nil
		}
	}
	return "", fmt.Errorf("it has no sheet %s", sheet)
}

// cellText is a cell with a text in it: its column, what is before the text, and the text as it is in XML.
var cellText = regexp.MustCompile(`(<c r="([A-Z]+)[0-9]+"[^>]*><is><t(?: [^>]*)?>)([^<]*)`)

// sheet is the sheet of the findings with what it quotes replaced.
func (r *Run) sheet(content []byte) ([]byte, error) {
	columns, found := map[string]string{}, map[string]bool{}
	for _, cell := range cellText.FindAllSubmatch(content, -1) {
		for key, heading := range headings {
			if string(cell[3]) == heading && !found[key] { // a report may quote the word further down
				columns[string(cell[2])], found[key] = key, true
			}
		}
	}
	if len(found) != len(headings) || len(columns) != len(headings) {
		return nil, fmt.Errorf("its sheet %s has other columns than %q, %q and %q", sheetName, headings["value"],
			headings["message"], headings["advice"])
	}
	return cellText.ReplaceAllFunc(content, func(cell []byte) []byte {
		found := cellText.FindSubmatch(cell)
		key, text := columns[string(found[2])], html.UnescapeString(string(found[3]))
		now := r.text(key, text)
		if now == text || text == headings[key] {
			return cell
		}
		var b bytes.Buffer
		b.Write(found[1])
		_ = xml.EscapeText(&b, []byte(now)) // a buffer never fails
		return b.Bytes()
	}), nil
}
