package xlsx

import (
	"bytes"
	"io"
	"net/url"
	"path"
	"strings"

	"tenderbatch/internal/xlsx/fault"
)

// Workbook is an open workbook. Its file must stay readable while rows are read. Several sheets, or
// one several times, may be read at once.
type Workbook struct {
	archive     *container
	limits      Limits
	sheets      []Sheet
	parts       []*entry // of the sheets
	date1904    bool
	strings     stringTable
	formats     []Format      // by style index
	appearances []*Appearance // by style index; nil for one that says nothing
	striking    []bool        // by index of a conditional format's style: it strikes through

	protection Protection
}

// Sheet is a worksheet as the workbook lists it.
type Sheet struct {
	Name   string
	Hidden bool // hidden, or very hidden so that Excel's menu does not show it
}

// Sheets lists the worksheets in the workbook's order. Chart, dialog and macro sheets are left out.
func (w *Workbook) Sheets() []Sheet { return w.sheets }

// Date1904 reports whether the workbook counts its days from 1 January 1904.
func (w *Workbook) Date1904() bool { return w.date1904 }

// Open checks the container and reads the workbook's list of sheets, its styles and its shared
// strings. Any fault is an [*FormatError]; a file that is no workbook of this kind is refused by what its
// content shows it to be, a protected one with [RuleProtected].
func Open(r io.ReaderAt, size int64, limits Limits) (*Workbook, error) {
	return OpenProtected(r, size, "", limits)
}

// openPackage opens an archive.
func openPackage(r io.ReaderAt, size int64, limits Limits) (*Workbook, error) {
	archive, err := openContainer(r, size, limits)
	if err != nil {
		return nil, err
	}
	w := &Workbook{archive: archive, limits: limits}
	name, err := w.findWorkbook()
	if err != nil {
		return nil, err
	}
	if err := w.load(name); err != nil {
		return nil, err
	}
	return w, nil
}

// load reads the workbook part and the parts it needs.
func (w *Workbook) load(name string) error {
	links, err := w.readLinks(name)
	if err != nil {
		return err
	}
	if err := w.readPart(name, func(s *scanner) error { return w.readWorkbook(s, links) }); err != nil {
		return err
	}
	if err := w.loadLinked(links, "styles", w.readStyles); err != nil {
		return err
	}
	return w.loadLinked(links, "sharedStrings", w.readStrings)
}

// loadLinked reads the one part of a kind that the workbook links to, if it has one.
func (w *Workbook) loadLinked(links *links, kind string, read func(*scanner) error) error {
	l, err := links.only(kind)
	if l == nil || err != nil {
		return err
	}
	return w.readPart(l.target, read)
}

// readPart lets read take the whole of a part and finds out what is wrong if it cannot.
func (w *Workbook) readPart(name string, read func(*scanner) error) error {
	e := w.archive.find(name)
	if e == nil {
		return fault.New(fault.RulePackage, name, "the workbook refers to this part but does not hold it")
	}
	src := w.archive.open(e)
	defer src.close()
	err := read(newScanner(src, e.name, e.size, w.limits))
	return blame(err, src)
}

// blame puts a fault down to damage if the rest of the part shows that it is damaged: what went
// wrong on the way is then a consequence.
func blame(err error, src io.Reader) error {
	e, ok := err.(*fault.FormatError)
	if !ok || e.Rule == fault.RuleChecksum || e.Rule == fault.RuleRead {
		return err
	}
	_, rest := io.Copy(io.Discard, onlyReader{src})
	if damage, ok := rest.(*fault.FormatError); ok {
		return damage
	}
	return err
}

// onlyReader hides every method but Read.
type onlyReader struct{ io.Reader }

// Kinds of workbook by the content type of their main part.
const (
	typeWorkbook = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
	typeTemplate = "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml"
	typeMacro    = "application/vnd.ms-excel.sheet.macroenabled.main+xml"
	typeMacroTpl = "application/vnd.ms-excel.template.macroenabled.main+xml"
	typeAddIn    = "application/vnd.ms-excel.addin.macroenabled.main+xml"
	typeBinary   = "application/vnd.ms-excel.sheet.binary.macroenabled.main"
)

// findWorkbook follows the package's relationship to the workbook part and checks what it is.
func (w *Workbook) findWorkbook() (string, error) {
	types, err := w.readTypes()
	if err != nil {
		return "", err
	}
	links, err := w.readLinks("")
	if err != nil {
		return "", err
	}
	l, err := links.only("officeDocument")
	if err != nil {
		return "", err
	}
	if l == nil {
		return "", fault.New(fault.RuleOther, "",
			"the file is a package of Office's kind but holds no document; ask for an Excel workbook (.xlsx)")
	}
	switch kind := types.of(l.target); kind {
	case typeWorkbook, typeTemplate, typeMacro, typeMacroTpl, typeAddIn:
		return l.target, nil
	case typeBinary:
		return "", fault.New(fault.RuleXLSB, "",
			"the file is a binary workbook (.xlsb); ask for it saved as Excel Workbook (.xlsx)")
	default:
		return "", fault.New(fault.RuleOther, "",
			"the file is an Office document of another kind (%.90q); ask for an Excel workbook (.xlsx)", kind)
	}
}

// contentTypes is what [Content_Types].xml says of the parts.
type contentTypes struct {
	byName, byExtension map[string]string
}

// of returns a part's content type in lower case.
func (t contentTypes) of(name string) string {
	if kind, ok := t.byName[fault.FoldName(name)]; ok {
		return kind
	}
	return t.byExtension[strings.TrimPrefix(fault.FoldName(path.Ext(name)), ".")]
}

const typesPart = "[Content_Types].xml"

func (w *Workbook) readTypes() (contentTypes, error) {
	t := contentTypes{make(map[string]string), make(map[string]string)}
	if w.archive.find(typesPart) == nil {
		return t, w.foreignArchive()
	}
	err := w.readPart(typesPart, func(s *scanner) error {
		return s.document(nsTypes, "Types", func() error { return t.add(s) })
	})
	return t, err
}

// add reads one Default or Override element.
func (t contentTypes) add(s *scanner) error {
	kind, _ := s.attr("ContentType")
	into, attribute := t.byName, "PartName"
	switch string(s.local) {
	case "Override":
	case "Default":
		into, attribute = t.byExtension, "Extension"
	default:
		return s.fault(fault.RulePackage, "<%.40s> is not known", s.name)
	}
	value, ok := s.attr(attribute)
	if !ok || len(kind) == 0 {
		return s.fault(fault.RulePackage, "<%s> lacks an attribute", s.local)
	}
	key := fault.FoldName(strings.TrimPrefix(string(value), "/"))
	lower := strings.ToLower(string(kind))
	if before, repeated := into[key]; repeated && before != lower {
		return s.fault(fault.RulePackage, "two content types are given for %.80q", value)
	}
	into[key] = lower
	return s.skip()
}

// link is one relationship of a part.
type link struct {
	kind   string // the last segment of its type, in the transitional or strict vocabulary
	target string // name of a part; "" if it is outside the file
}

// links are the relationships of one part.
type links struct {
	part string
	byID map[string]link
}

// only returns the single relationship of a kind; nil if there is none.
func (l *links) only(kind string) (*link, error) {
	var found *link
	for _, one := range l.byID {
		if one.kind != kind {
			continue
		}
		if found != nil && found.target == one.target {
			continue
		}
		if found != nil {
			return nil, fault.New(fault.RulePackage, l.part, "there are two relationships of the kind %q", kind)
		}
		if one.target == "" {
			return nil, fault.New(fault.RulePackage, l.part, "the %s part is outside the file", kind)
		}
		found = &one
	}
	return found, nil
}

// readLinks reads the relationships of a part, or of the package if source is empty.
func (w *Workbook) readLinks(source string) (*links, error) {
	dir, base := path.Split(source)
	l := &links{part: dir + "_rels/" + base + ".rels", byID: make(map[string]link)}
	if w.archive.find(l.part) == nil {
		return nil, fault.New(fault.RulePackage, l.part, "the part that names the workbook's parts is missing")
	}
	err := w.readPart(l.part, func(s *scanner) error {
		return s.document(nsPackRel, "Relationships", func() error { return w.addLink(s, l, dir) })
	})
	return l, err
}

// addLink reads one Relationship element.
func (w *Workbook) addLink(s *scanner, l *links, dir string) error {
	id, hasID := s.attr("Id")
	kind, hasKind := s.attr("Type")
	target, hasTarget := s.attr("Target")
	if string(s.local) != "Relationship" || !hasID || !hasKind || !hasTarget {
		return s.fault(fault.RulePackage, "<%.40s> is not a whole relationship", s.name)
	}
	if _, repeated := l.byID[string(id)]; repeated {
		return s.fault(fault.RulePackage, "the relationship %.40q is given twice", id)
	}
	one := link{kind: linkKind(string(kind))}
	if mode, _ := s.attr("TargetMode"); string(mode) != "External" {
		one.target = w.partName(string(target), dir)
	}
	l.byID[string(id)] = one
	return s.skip()
}

// linkKind shortens the type of a relationship of Office's two vocabularies.
func linkKind(uri string) string {
	for _, base := range []string{
		"http://schemas.openxmlformats.org/officeDocument/2006/relationships/",
		"http://purl.oclc.org/ooxml/officeDocument/relationships/",
	} {
		if kind, ok := strings.CutPrefix(uri, base); ok {
			return kind
		}
	}
	return uri
}

// partName resolves a relationship's target against the folder of its source. Percent escapes count
// only where no part has the name as written.
func (w *Workbook) partName(target, dir string) string {
	name := slashes(target)
	if !strings.HasPrefix(name, "/") {
		name = "/" + dir + name
	}
	name = strings.TrimPrefix(path.Clean(name), "/")
	if w.archive.find(name) == nil {
		if plain, err := url.PathUnescape(name); err == nil && w.archive.find(plain) != nil {
			return plain
		}
	}
	return name
}

// readWorkbook reads the workbook part: its date system and its sheets.
func (w *Workbook) readWorkbook(s *scanner, links *links) error {
	if err := s.root(nsMain, "workbook"); err != nil {
		return err
	}
	listed := false
	for {
		more, err := s.child()
		if err != nil {
			return err
		}
		switch {
		case !more:
			if !listed || len(w.sheets) == 0 {
				return s.fault(fault.RulePackage, "the workbook lists no worksheet")
			}
			return s.finishDocument()
		case s.is("workbookPr"):
			value, _ := s.attr("date1904")
			if w.date1904, err = s.boolean(value); err != nil {
				return err
			}
			err = s.skip()
		case s.is("sheets"):
			if listed {
				return s.fault(fault.RulePackage, "the workbook lists its sheets twice")
			}
			listed = true
			err = w.readSheets(s, links)
		default:
			err = s.skip()
		}
		if err != nil {
			return err
		}
	}
}

// boolean reads an attribute's value; an empty one is false.
func (s *scanner) boolean(value []byte) (bool, error) {
	switch string(value) {
	case "", "0", "false", "off":
		return false, nil
	case "1", "true", "on":
		return true, nil
	}
	return false, s.fault(fault.RuleStructure, "%.40q in <%.40s> is neither true nor false", value, s.name)
}

// readSheets reads the list of sheets.
func (w *Workbook) readSheets(s *scanner, links *links) error {
	names := make(map[string]bool)
	return s.each("sheet", func() error {
		if err := w.addSheet(s, links, names); err != nil {
			return err
		}
		return s.skip()
	})
}

// macroSheets begins the relationship types of Excel 4 macro sheets.
const macroSheets = "http://schemas.microsoft.com/office/2006/relationships/"

// addSheet reads one sheet element.
func (w *Workbook) addSheet(s *scanner, links *links, names map[string]bool) error {
	name, _ := s.attr("name")
	if key := fault.FoldName(string(name)); len(name) == 0 || names[key] {
		return s.fault(fault.RulePackage, "two sheets have the name %.60q, or it is empty", name)
	} else {
		names[key] = true
	}
	id, given := s.attrIn(nsDocRel, "id")
	if given && len(id) == 0 {
		return nil // a module of macros, which is in another part
	}
	l, ok := links.byID[string(id)]
	if !ok {
		return s.fault(fault.RulePackage, "the sheet %.60q refers to the relationship %.40q, which does not exist",
			name, id)
	}
	switch l.kind {
	case "worksheet":
	case "chartsheet", "dialogsheet", macroSheets + "xlMacrosheet", macroSheets + "xlIntlMacrosheet":
		return nil
	default:
		return s.fault(fault.RulePackage, "the sheet %.60q is of the unknown kind %.90q", name, l.kind)
	}
	e := w.archive.find(l.target)
	if e == nil {
		return s.fault(fault.RulePackage, "the sheet %.60q is not in the file (%.80q)", name, l.target)
	}
	for i, p := range w.parts {
		if p == e {
			return s.fault(fault.RulePackage, "the sheets %.60q and %.60q are the same part", w.sheets[i].Name, name)
		}
	}
	state, _ := s.attr("state")
	switch string(state) {
	case "", "visible", "hidden", "veryHidden":
	default:
		return s.fault(fault.RulePackage, "the sheet %.60q has the unknown state %.40q", name, state)
	}
	w.parts = append(w.parts, e)
	w.sheets = append(w.sheets, Sheet{Name: string(bytes.Clone(name)),
		Hidden: bytes.HasSuffix(bytes.ToLower(state), []byte("hidden"))})
	return nil
}
