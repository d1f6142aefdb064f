package spreadsheet

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/flate"
)

// Archive is the zip package of a workbook. It collects the parts that excelize
// writes, puts the rows of the sheets into them, and writes all of them in a
// fixed order with a fixed time, so that the same workbook gives the same bytes.
type Archive struct {
	Out   io.Writer
	parts []*part
	rows  map[string]*Sheet // by the path of the sheet's part
	ticks int64             // days between the marks of a scale of time
}

type part struct {
	path string
	bytes.Buffer
}

// ContentTypes is the part that says what each part of the package is.
const ContentTypes = "[Content_Types].xml"

// level of compression: the rows of a sheet are so alike that more work makes
// them little smaller.
const level = flate.BestSpeed

// packed is the time of every entry: the earliest that a zip can state.
var packed = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// Create implements excelize's writer of archives.
func (a *Archive) Create(path string) (io.Writer, error) {
	p := &part{path: path}
	a.parts = append(a.parts, p)
	return p, nil
}

// AddFS implements excelize's writer of archives, which never calls it.
func (a *Archive) AddFS(fs.FS) error { return fmt.Errorf("a workbook has no file system to add") }

// Close writes the archive.
func (a *Archive) Close() error {
	slices.SortFunc(a.parts, func(x, y *part) int {
		return cmp.Or(cmp.Compare(rank(x.path), rank(y.path)), strings.Compare(x.path, y.path))
	})
	z := zip.NewWriter(a.Out)
	deflate, err := flate.NewWriter(io.Discard, level)
	if err != nil {
		return err
	}
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		deflate.Reset(w) // one entry ends before the next begins, and a new one takes half a megabyte
		return deflate, nil
	})
	for _, p := range a.parts {
		entry, err := z.CreateHeader(&zip.FileHeader{Name: p.path, Method: zip.Deflate, Modified: packed})
		if err != nil {
			return err
		}
		if err := a.write(entry, p); err != nil {
			return err
		}
	}
	return z.Close()
}

// rank puts first what a reader must find first: the content types, then the
// relationships of the package.
func rank(path string) int {
	switch {
	case path == ContentTypes:
		return 0
	case strings.HasPrefix(path, "_rels/"):
		return 1
	case strings.HasPrefix(path, "docProps/"):
		return 2
	}
	return 3
}

// images are the content types of images, which excelize adds in random order
// as soon as there is a chart. No workbook here has an image.
var images = regexp.MustCompile(`<Default Extension="[a-z]+" ContentType="image/[^"]*"></Default>`)

// chartOverTime is the part of a chart with lines over time, as the schema has
// it: excelize says that what accompanies a chart is text, and gives the
// scale of such a chart the end of a list of names.
func (a *Archive) chartOverTime(part []byte) []byte {
	part = alongText.ReplaceAll(part, []byte(`<xVal><numRef>$1</numRef></xVal>`))
	part = bytes.Replace(part, []byte(`"smoothMarker"`), []byte(`"lineMarker"`), 1)
	scale := fmt.Sprintf(`<crossBetween val="midCat"></crossBetween><majorUnit val="%d"></majorUnit></valAx>`, a.ticks)
	return bytes.Replace(part, []byte(namesEnd), []byte(scale), 1)
}

var alongText = regexp.MustCompile(`<xVal><strRef>(.*?)</strRef></xVal>`)

const namesEnd = `<auto val="1"></auto><lblAlgn val="ctr"></lblAlgn><lblOffset val="100"></lblOffset><noMultiLvlLbl val="0"></noMultiLvlLbl></valAx>`

// conventional gives the properties of the package the prefix that Excel writes:
// excelize makes theirs the default namespace, and exceljs, which most web front ends
// read workbooks with, looks for the prefix and refuses the workbook.
func conventional(properties []byte) []byte {
	properties = bytes.Replace(properties, []byte("<coreProperties xmlns="), []byte("<coreProperties xmlns:cp="), 1)
	return unprefixed.ReplaceAll(properties, []byte("<${1}cp:$2$3"))
}

// unprefixed is the start or the end of an element without a prefix.
var unprefixed = regexp.MustCompile(`<(/?)([A-Za-z]+)([ />])`)

// write copies a part; in that of a sheet the rows take the place of the empty
// ones excelize left.
func (a *Archive) write(w io.Writer, p *part) error {
	s, ok := a.rows[p.path]
	if p.path == ContentTypes {
		_, err := w.Write(images.ReplaceAll(p.Bytes(), nil))
		return err
	}
	if !ok {
		content := p.Bytes()
		if p.path == "docProps/core.xml" {
			content = conventional(content)
		}
		if strings.HasPrefix(p.path, "xl/charts/") {
			content = a.chartOverTime(content)
		}
		_, err := w.Write(content)
		return err
	}
	head, rest, found := bytes.Cut(p.Bytes(), []byte("<sheetData>"))
	// excelize says of every sheet with a filter that rows are filtered out.
	head = bytes.Replace(head, []byte(` filterMode="true"`), nil, 1)
	_, tail, closed := bytes.Cut(rest, []byte("</sheetData>"))
	if !found || !closed {
		return fmt.Errorf("%s has no sheetData to fill", p.path)
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	rows := newRelay(w)
	if err := errors.Join(s.writeRows(rows), rows.Close()); err != nil {
		return err
	}
	_, err := w.Write(tail)
	return err
}
