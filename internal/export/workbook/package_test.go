package workbook

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/spreadsheet"
	"tenderbatch/internal/tender"
)

// TestPackage holds every kind of workbook against what Excel is strict about,
// beyond what a lenient reader would notice.
func TestPackage(t *testing.T) {
	var several bytes.Buffer
	if err := writeWorkbook(&several, smallRun(t), 20); err != nil {
		t.Fatal(err)
	}
	books := map[string][]byte{"several sheets": several.Bytes(), "template": templateOf(t, templateOffer(), tender.Depositary{Name: "DTC"})}
	for name, r := range variants(t) {
		books[name] = rendered(t, r)
	}
	maps.Copy(books, differences(t))
	for name, data := range books {
		t.Run(name, func(t *testing.T) {
			p := unpacked(t, data)
			p.checkContentTypes()
			p.checkRelationships()
			p.checkWorkbook()
			for name := range p.parts {
				if strings.HasPrefix(name, "xl/worksheets/sheet") {
					p.checkSheet(name)
				}
			}
		})
	}
	want := []string{"Summary", "Waterfall", "Funding", "Wires", "Payments", "Instructions", "Rejects", "Changes", "Timeline", "Controls"}
	if got := opened(t, books["small"]).GetSheetList(); !slices.Equal(got, want) {
		t.Errorf("sheets %v, want %v", got, want)
	}
}

// office is a package as it is checked.
type office struct {
	t     *testing.T
	parts map[string][]element // in the order of the text
	rels  map[string]map[string]string
}

// element is the start of an XML element with the names of those around it.
type element struct {
	path string // such as /worksheet/sheetData/row
	attr map[string]string
	text string
}

func unpacked(t *testing.T, data []byte) *office {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	p := &office{t: t, parts: make(map[string][]element), rels: make(map[string]map[string]string)}
	if z.File[0].Name != spreadsheet.ContentTypes {
		t.Errorf("first entry is %s", z.File[0].Name)
	}
	for _, entry := range z.File {
		if p.parts[entry.Name] != nil {
			t.Errorf("%s is there twice", entry.Name)
		}
		p.parts[entry.Name] = p.elements(entry)
	}
	return p
}

// elements reads a part: well-formed, in one root, no attribute twice.
func (p *office) elements(entry *zip.File) []element {
	r, err := entry.Open()
	if err != nil {
		p.t.Fatal(err)
	}
	defer r.Close()
	var all []element
	var at []string
	for d := xml.NewDecoder(r); ; {
		token, err := d.Token()
		if err == io.EOF {
			return all
		}
		if err != nil {
			p.t.Fatalf("%s: %v", entry.Name, err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			at = append(at, token.Name.Local)
			e := element{path: "/" + strings.Join(at, "/"), attr: make(map[string]string)}
			for _, a := range token.Attr {
				key := a.Name.Local
				if strings.HasSuffix(a.Name.Space, "/relationships") {
					key = "r:" + key
				}
				if _, twice := e.attr[key]; twice && a.Name.Space == "" {
					p.t.Errorf("%s: %s has %s twice", entry.Name, e.path, key)
				}
				e.attr[key] = a.Value
			}
			all = append(all, e)
		case xml.EndElement:
			at = at[:len(at)-1]
		case xml.CharData:
			if len(all) > 0 && len(at) > 0 {
				all[len(all)-1].text += string(token)
			}
		}
	}
}

func (p *office) each(part, path string) []element {
	var found []element
	for _, e := range p.parts[part] {
		if e.path == path {
			found = append(found, e)
		}
	}
	return found
}

// checkContentTypes demands that every part has one content type, and that every
// content type has its part.
func (p *office) checkContentTypes() {
	extension, part := make(map[string]bool), make(map[string]bool)
	for _, e := range p.each(spreadsheet.ContentTypes, "/Types/Default") {
		if extension[e.attr["Extension"]] {
			p.t.Errorf("content type of .%s twice", e.attr["Extension"])
		}
		extension[e.attr["Extension"]] = true
	}
	for _, e := range p.each(spreadsheet.ContentTypes, "/Types/Override") {
		name := strings.TrimPrefix(e.attr["PartName"], "/")
		if part[name] || p.parts[name] == nil {
			p.t.Errorf("content type of %s twice, or there is no such part", name)
		}
		part[name] = true
	}
	for name := range p.parts {
		if name != spreadsheet.ContentTypes && !part[name] && (!extension[strings.TrimPrefix(path.Ext(name), ".")] || path.Ext(name) == ".xml") {
			p.t.Errorf("%s has no content type", name)
		}
	}
}

// checkRelationships demands that every relationship leads to a part, that every
// part is led to, that no id is there twice and none is used that is not there.
func (p *office) checkRelationships() {
	reached := map[string]bool{spreadsheet.ContentTypes: true}
	for name := range p.parts {
		if !strings.HasSuffix(name, ".rels") {
			continue
		}
		reached[name] = true
		folder := path.Dir(path.Dir(name))
		of := path.Join(folder, strings.TrimSuffix(path.Base(name), ".rels"))
		p.rels[of] = make(map[string]string)
		for _, e := range p.each(name, "/Relationships/Relationship") {
			target := path.Join(folder, e.attr["Target"])
			if strings.HasPrefix(e.attr["Target"], "/") {
				target = e.attr["Target"][1:]
			}
			if e.attr["TargetMode"] == "External" || p.parts[target] == nil {
				p.t.Errorf("%s leads to %s", name, e.attr["Target"])
			}
			if p.rels[of][e.attr["Id"]] != "" {
				p.t.Errorf("%s has %s twice", name, e.attr["Id"])
			}
			p.rels[of][e.attr["Id"]] = target
			reached[target] = true
		}
	}
	for name, elements := range p.parts {
		if !reached[name] {
			p.t.Errorf("nothing leads to %s", name)
		}
		for _, e := range elements {
			for key, id := range e.attr {
				if strings.HasPrefix(key, "r:") && p.rels[name][id] == "" {
					p.t.Errorf("%s: %s uses %s, which is not there", name, e.path, id)
				}
			}
		}
	}
}

// checkWorkbook demands sheets and names that Excel allows.
func (p *office) checkWorkbook() {
	const book = "xl/workbook.xml"
	sheets, ids := make(map[string]bool), make(map[string]bool)
	for _, e := range p.each(book, "/workbook/sheets/sheet") {
		name := e.attr["name"]
		if sheets[name] || ids[e.attr["sheetId"]] || len(name) > 31 || strings.ContainsAny(name, `[]:*?/\`) {
			p.t.Errorf("sheet %s", name)
		}
		sheets[name], ids[e.attr["sheetId"]] = true, true
	}
	names := make(map[string]bool)
	for _, e := range p.each(book, "/workbook/definedNames/definedName") {
		key := strings.ToLower(e.attr["name"]) + "/" + e.attr["localSheetId"]
		sheet, _, _ := strings.Cut(strings.ReplaceAll(e.text, "'", ""), "!")
		if !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`).MatchString(e.attr["name"]) || names[key] || !sheets[sheet] {
			p.t.Errorf("name %s is %s", e.attr["name"], e.text)
		}
		names[key] = true
	}
	for _, counted := range []struct{ list, of string }{{"cellXfs", "xf"}, {"fonts", "font"}, {"fills", "fill"}, {"borders", "border"}, {"numFmts", "numFmt"}, {"dxfs", "dxf"}} {
		for _, list := range p.each("xl/styles.xml", "/styleSheet/"+counted.list) {
			if n := len(p.each("xl/styles.xml", "/styleSheet/"+counted.list+"/"+counted.of)); list.attr["count"] != strconv.Itoa(n) {
				p.t.Errorf("%s counts %s of %d", counted.list, list.attr["count"], n)
			}
		}
	}
	drawn := make(map[string]bool)
	for name := range p.parts {
		for _, e := range p.parts[name] {
			if strings.HasSuffix(e.path, "/cNvPr") {
				if key := name + e.attr["id"]; drawn[key] {
					p.t.Errorf("%s: id %s twice", name, e.attr["id"])
				} else {
					drawn[key] = true
				}
			}
		}
	}
}

// sheetOrder is the order in which the schema wants what a sheet consists of.
var sheetOrder = strings.Fields(`sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection protectedRanges
	scenarios autoFilter sortState dataConsolidate customSheetViews mergeCells phoneticPr conditionalFormatting dataValidations hyperlinks
	printOptions pageMargins pageSetup headerFooter rowBreaks colBreaks customProperties cellWatches ignoredErrors smartTags drawing
	legacyDrawing tableParts extLst`)

// checkSheet demands the order of the schema, cells in order and within the
// dimension, styles that are there, and merged cells that do not meet.
func (p *office) checkSheet(name string) {
	styles, last := len(p.each("xl/styles.xml", "/styleSheet/cellXfs/xf")), -1
	row, col := 0, 0
	var merged []spreadsheet.Area
	for _, e := range p.parts[name] {
		switch under := strings.Split(e.path, "/"); {
		case len(under) == 3:
			at := slices.Index(sheetOrder, under[2])
			if at < last || at < 0 {
				p.t.Errorf("%s: %s is in the wrong place", name, under[2])
			}
			last = at
		case e.path == "/worksheet/sheetData/row":
			n, _ := strconv.Atoi(e.attr["r"])
			if n <= row || n > excelize.TotalRows {
				p.t.Errorf("%s: row %s after %d", name, e.attr["r"], row)
			}
			row, col = n, 0
		case e.path == "/worksheet/sheetData/row/c":
			c, r, err := excelize.CellNameToCoordinates(e.attr["r"])
			style, _ := strconv.Atoi(e.attr["s"])
			if err != nil || r != row || c <= col || style >= styles {
				p.t.Errorf("%s: cell %s with style %d in row %d after column %d", name, e.attr["r"], style, row, col)
			}
			col = c
		case e.path == "/worksheet/mergeCells/mergeCell":
			merged = append(merged, p.area(name, e.attr["ref"]))
		case e.path == "/worksheet/hyperlinks/hyperlink":
			if e.attr["location"] == "" || e.attr["r:id"] != "" {
				p.t.Errorf("%s: a link leads out of the workbook: %v", name, e.attr)
			}
		}
	}
	for i, a := range merged {
		for _, b := range merged[:i] {
			if a.Left <= b.Right && b.Left <= a.Right && a.Top <= b.Bottom && b.Top <= a.Bottom {
				p.t.Errorf("%s: merged cells %s and %s meet", name, a, b)
			}
		}
	}
}

func (p *office) area(name, ref string) spreadsheet.Area {
	from, to, _ := strings.Cut(ref, ":")
	left, top, err := excelize.CellNameToCoordinates(from)
	right, bottom, err2 := excelize.CellNameToCoordinates(to)
	if err != nil || err2 != nil {
		p.t.Error(fmt.Errorf("%s: merged cells %q", name, ref))
	}
	return spreadsheet.Area{Top: top, Left: left, Bottom: bottom, Right: right}
}
