package xlsx

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"tenderbatch/internal/xlsx/fault"
)

// Zip record signatures, sizes and codes (APPNOTE 6.3).
const (
	sigLocal      = 0x04034b50
	sigCentral    = 0x02014b50
	sigEnd        = 0x06054b50
	sigEnd64      = 0x06064b50
	sigLocator64  = 0x07064b50
	sigDescriptor = 0x08074b50

	lenLocal     = 30
	lenCentral   = 46
	lenEnd       = 22
	lenEnd64     = 56
	lenLocator64 = 20

	methodStored  = 0
	methodDeflate = 8

	flagEncrypted  = 1 << 0
	flagDescriptor = 1 << 3
	flagPatched    = 1 << 5
	flagStrong     = 1 << 6
	flagUTF8       = 1 << 11 // the name is UTF-8
	flagMasked     = 1 << 13

	extraZip64 = 0x0001

	// maxDirectory bounds the directory of an archive within the limit of entries; a workbook's has
	// a hundred bytes an entry.
	maxDirectory = 16 << 20
)

// entry is one file of the archive, as the directory describes it.
type entry struct {
	name   string
	flags  uint16
	method uint16
	crc    uint32
	packed int64
	size   int64
	local  int64 // offset of the local header
	data   int64 // offset of the packed bytes
}

// container is an archive whose directory was found sound.
type container struct {
	file    io.ReaderAt
	entries []entry
	folded  map[string]int // by name without regard to case
}

// end is what the end-of-directory records say.
type end struct {
	count, dirSize, dirStart int64
	at                       int64 // where the directory must stop
}

// openContainer checks the archive's whole skeleton; it inflates nothing.
func openContainer(file io.ReaderAt, size int64, limits Limits) (*container, error) {
	e, err := readEnd(file, size)
	if err != nil {
		return nil, err
	}
	if e.count > int64(limits.Entries) {
		return nil, fault.New(fault.RuleLimit, "", "the archive has %d entries; the limit is %d", e.count,
			limits.Entries)
	}
	if e.dirSize > maxDirectory {
		return nil, fault.New(fault.RuleLimit, "", "the archive's directory has %d bytes; the limit is %d", e.dirSize,
			maxDirectory)
	}
	if e.dirStart < 0 || e.dirSize < 0 || e.dirStart > e.at || e.at-e.dirStart != e.dirSize {
		return nil, &fault.FormatError{Rule: fault.RuleContainer, Offset: e.at,
			Msg: "the archive's directory does not end where its end record says; the file is damaged or has bytes " +
				"added"}
	}
	dir, err := fault.ReadAt(file, e.dirStart, int(e.dirSize))
	if err != nil {
		return nil, err
	}
	c := &container{file: file, folded: make(map[string]int)}
	if err := c.readDirectory(dir, e); err != nil {
		return nil, err
	}
	if err := c.checkSizes(limits); err != nil {
		return nil, err
	}
	return c, c.checkLayout(e.dirStart)
}

// readEnd reads the record at the file's end, which has a comment at most after it, and its zip64
// twin before it.
func readEnd(file io.ReaderAt, size int64) (end, error) {
	at, b, err := findEnd(file, size)
	if err != nil {
		return end{}, err
	}
	le := binary.LittleEndian
	if (le.Uint16(b[4:]) != 0 && le.Uint16(b[4:]) != 0xFFFF) || (le.Uint16(b[6:]) != 0 && le.Uint16(b[6:]) != 0xFFFF) {
		return end{}, &fault.FormatError{Rule: fault.RuleContainer, Offset: at,
			Msg: "the archive is one file of several"}
	}
	e := end{
		count:    int64(le.Uint16(b[10:])),
		dirSize:  int64(le.Uint32(b[12:])),
		dirStart: int64(le.Uint32(b[16:])),
		at:       at,
	}
	if le.Uint16(b[8:]) != le.Uint16(b[10:]) {
		return end{}, &fault.FormatError{Rule: fault.RuleContainer, Offset: at,
			Msg: "the archive's end record gives two numbers of entries"}
	}
	return readEnd64(file, e)
}

// readEnd64 takes the zip64 end record, if there is one; what both records say must agree.
func readEnd64(file io.ReaderAt, e end) (end, error) {
	saturated := e.count == 0xFFFF || e.dirSize == 0xFFFFFFFF || e.dirStart == 0xFFFFFFFF
	at := e.at - lenLocator64
	var loc []byte
	if at >= lenEnd64 {
		var err error
		if loc, err = fault.ReadAt(file, at, lenLocator64); err != nil {
			return end{}, err
		}
	}
	le := binary.LittleEndian
	if loc == nil || le.Uint32(loc) != sigLocator64 {
		if saturated {
			return end{}, &fault.FormatError{Rule: fault.RuleContainer, Offset: e.at,
				Msg: "the archive's end record points to a zip64 record that is not there"}
		}
		return e, nil
	}
	bad := &fault.FormatError{Rule: fault.RuleContainer, Offset: at,
		Msg: "the archive's zip64 end record contradicts its end record"}
	b, err := fault.ReadAt(file, at-lenEnd64, lenEnd64)
	if err != nil {
		return end{}, err
	}
	if le.Uint32(b) != sigEnd64 || le.Uint64(b[4:]) != lenEnd64-12 || le.Uint64(loc[8:]) != uint64(at-lenEnd64) ||
		le.Uint32(loc[4:]) != 0 || le.Uint32(loc[16:]) > 1 || le.Uint32(b[16:]) != 0 || le.Uint32(b[20:]) != 0 ||
		le.Uint64(b[24:]) != le.Uint64(b[32:]) {
		return end{}, bad
	}
	wide := end{at: at - lenEnd64, count: int64(le.Uint64(b[32:])), dirSize: int64(le.Uint64(b[40:])),
		dirStart: int64(le.Uint64(b[48:]))}
	if wide.count < 0 || wide.dirSize < 0 || wide.dirStart < 0 ||
		!agrees(e.count, 0xFFFF, wide.count) || !agrees(e.dirSize, 0xFFFFFFFF, wide.dirSize) ||
		!agrees(e.dirStart, 0xFFFFFFFF, wide.dirStart) {
		return end{}, bad
	}
	return wide, nil
}

// agrees reports whether a narrow field is the wide one, or says "see there".
func agrees(narrow, see, wide int64) bool { return narrow == see || narrow == wide }

// findEnd finds the end record: the last there is, whose comment must be all that follows it.
func findEnd(file io.ReaderAt, size int64) (at int64, record []byte, err error) {
	n := min(size, lenEnd+1<<16-1)
	tail, err := fault.ReadAt(file, size-n, int(n))
	if err != nil {
		return 0, nil, err
	}
	i := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if i < 0 || len(tail)-i < lenEnd {
		return 0, nil, fault.ErrTruncated
	}
	behind := len(tail) - i - lenEnd - int(binary.LittleEndian.Uint16(tail[i+20:]))
	switch at = size - n + int64(i); {
	case behind < 0:
		return 0, nil, fault.ErrTruncated
	case behind > 0:
		return 0, nil, &fault.FormatError{Rule: fault.RuleContainer, Offset: at,
			Msg: "there are bytes after the archive's end record; save the workbook again in Excel and send that"}
	}
	return at, tail[i : i+lenEnd], nil
}

// readDirectory reads the central directory, entry for entry, to its last byte.
func (c *container) readDirectory(dir []byte, e end) error {
	off := e.dirStart
	for range e.count {
		n, err := c.readCentral(dir, off)
		if err != nil {
			return err
		}
		dir, off = dir[n:], off+int64(n)
	}
	if len(dir) > 0 {
		return &fault.FormatError{Rule: fault.RuleContainer, Offset: off,
			Msg: "the archive's directory has more bytes than entries"}
	}
	return nil
}

// readCentral reads the directory's next entry and returns its length in bytes.
func (c *container) readCentral(dir []byte, off int64) (int, error) {
	le := binary.LittleEndian
	if len(dir) < lenCentral || le.Uint32(dir) != sigCentral {
		return 0, &fault.FormatError{Rule: fault.RuleContainer, Offset: off, Msg: "the archive's directory is damaged"}
	}
	nameLen, extraLen := int(le.Uint16(dir[28:])), int(le.Uint16(dir[30:]))
	total := lenCentral + nameLen + extraLen + int(le.Uint16(dir[32:]))
	if total > len(dir) {
		return 0, &fault.FormatError{Rule: fault.RuleContainer, Offset: off, Msg: "the archive's directory is damaged"}
	}
	e := entry{
		name:   entryName(dir[lenCentral:lenCentral+nameLen], le.Uint16(dir[8:])),
		flags:  le.Uint16(dir[8:]),
		method: le.Uint16(dir[10:]),
		crc:    le.Uint32(dir[16:]),
		packed: int64(le.Uint32(dir[20:])),
		size:   int64(le.Uint32(dir[24:])),
		local:  int64(le.Uint32(dir[42:])),
	}
	if disk := le.Uint16(dir[34:]); disk != 0 && disk != 0xFFFF {
		return 0, fault.New(fault.RuleContainer, e.name, "the entry is on another volume")
	}
	extra := dir[lenCentral+nameLen : lenCentral+nameLen+extraLen]
	if err := widen(extra, &e.size, &e.packed, &e.local); err != nil {
		return 0, fault.New(fault.RuleContainer, e.name, "%v", err)
	}
	if err := checkEntry(e); err != nil {
		return 0, err
	}
	key := fault.FoldName(e.name)
	if other, ok := c.folded[key]; ok {
		return 0, fault.New(fault.RuleContainer, e.name, "the archive has this entry twice (also as %.200q)",
			c.entries[other].name)
	}
	c.folded[key] = len(c.entries)
	c.entries = append(c.entries, e)
	return total, nil
}

// widen replaces the fields that say "see zip64" by the values of the zip64 extra field.
func widen(extra []byte, fields ...*int64) error {
	field := zip64Field(extra)
	for _, f := range fields {
		if f == nil || *f != 0xFFFFFFFF {
			continue
		}
		if len(field) < 8 {
			return errors.New("the zip64 field that holds its size or place is missing")
		}
		v := binary.LittleEndian.Uint64(field)
		if v > 1<<62 {
			return errors.New("the zip64 field holds an impossible size or place")
		}
		*f, field = int64(v), field[8:]
	}
	return nil
}

// zip64Field finds the zip64 field among the extra fields; nil if there is none.
func zip64Field(extra []byte) []byte {
	le := binary.LittleEndian
	for len(extra) >= 4 {
		n := int(le.Uint16(extra[2:]))
		if n > len(extra)-4 {
			return nil
		}
		if le.Uint16(extra) == extraZip64 {
			return extra[4 : 4+n]
		}
		extra = extra[4+n:]
	}
	return nil
}

// entryName reads the name of an entry. One that is not said to be UTF-8, and is not, is in some code
// page, as East Asian programs name pictures: its bytes are taken for characters, and no part we read
// has such a name.
func entryName(name []byte, flags uint16) string {
	if utf8.Valid(name) || flags&flagUTF8 != 0 {
		return slashes(string(name))
	}
	characters := make([]rune, len(name))
	for i, b := range name {
		characters[i] = rune(b)
	}
	return slashes(string(characters))
}

// slashes is a path with its folders separated by slashes. Some programs for Windows write backslashes,
// and Excel opens their files.
func slashes(path string) string { return strings.ReplaceAll(path, `\`, "/") }

// checkEntry refuses what a valid workbook does not hold, by name, flags and method.
func checkEntry(e entry) error {
	if !soundName(e.name) {
		return fault.New(fault.RuleContainer, e.name, "%.200q is not a name an archive of a workbook may hold", e.name)
	}
	if e.flags&(flagEncrypted|flagStrong|flagMasked) != 0 {
		return fault.New(fault.RuleContainer, e.name,
			"the entry is encrypted by the zip program; ask for the workbook itself, protected in Excel if need be")
	}
	if e.flags&flagPatched != 0 || (e.method != methodStored && e.method != methodDeflate) {
		return fault.New(fault.RuleContainer, e.name,
			"the entry is packed by method %d; a workbook's are stored (0) or deflated (8)", e.method)
	}
	if e.method == methodStored && e.packed != e.size {
		return fault.New(fault.RuleContainer, e.name, "the entry is stored as it is but has two sizes, %d and %d",
			e.packed, e.size)
	}
	if strings.HasSuffix(e.name, "/") && e.size != 0 {
		return fault.New(fault.RuleContainer, e.name, "the entry is a folder but has content")
	}
	return nil
}

// soundName reports whether a name is a plain relative path.
func soundName(name string) bool {
	if !utf8.ValidString(name) || strings.Contains(name, ":") ||
		strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7F }) {
		return false
	}
	for segment := range strings.SplitSeq(strings.TrimSuffix(name, "/"), "/") {
		if segment == "" || segment == "." || segment == ".." {
			return false
		}
	}
	return true
}

// checkSizes compares the declared sizes with the limits.
func (c *container) checkSizes(limits Limits) error {
	var total int64
	for _, e := range c.entries {
		if e.size > limits.PartBytes {
			return fault.New(fault.RuleLimit, e.name, "the entry inflates to %d bytes; the limit is %d", e.size,
				limits.PartBytes)
		}
		if e.size > limits.RatioFrom && e.size/max(limits.Ratio, 1) >= max(e.packed, 1) {
			return fault.New(fault.RuleLimit, e.name,
				"the entry inflates from %d to %d bytes; the limit is a ratio of %d above %d bytes", e.packed, e.size,
				limits.Ratio, limits.RatioFrom)
		}
		if total += e.size; total > limits.TotalBytes {
			return fault.New(fault.RuleLimit, "", "the archive inflates to more than %d bytes, the limit",
				limits.TotalBytes)
		}
	}
	return nil
}

// checkLayout walks the entries in the order they lie in the file. Each must begin where the one
// before it ended, the first at the file's first byte and the directory after the last, so that
// there is neither an overlap nor a byte that belongs to nothing.
func (c *container) checkLayout(dirStart int64) error {
	order := make([]*entry, len(c.entries))
	for i := range c.entries {
		order[i] = &c.entries[i]
	}
	slices.SortFunc(order, func(a, b *entry) int { return cmp.Compare(a.local, b.local) })
	var at int64
	for i, e := range order {
		if e.local != at {
			return &fault.FormatError{Rule: fault.RuleContainer, Part: e.name, Offset: -1,
				Msg: "the entry overlaps another, or bytes before it belong to none"}
		}
		next := dirStart
		if i+1 < len(order) {
			next = order[i+1].local
		}
		if err := c.checkLocal(e, next); err != nil {
			return err
		}
		at = next
	}
	if at != dirStart {
		return &fault.FormatError{Rule: fault.RuleContainer, Offset: at, Msg: "bytes of the archive belong to no entry"}
	}
	return nil
}

// checkLocal compares the local header of an entry with the directory, and its end with next.
func (c *container) checkLocal(e *entry, next int64) error {
	if e.local > next-lenLocal {
		return fault.New(fault.RuleContainer, e.name, "the entry overlaps the next")
	}
	b, err := fault.ReadAt(c.file, e.local, lenLocal)
	if err != nil {
		return err
	}
	le := binary.LittleEndian
	nameLen, extraLen := int(le.Uint16(b[26:])), int(le.Uint16(b[28:]))
	e.data = e.local + lenLocal + int64(nameLen) + int64(extraLen)
	if e.data > next || e.packed > next-e.data {
		return fault.New(fault.RuleContainer, e.name, "the entry overlaps the next")
	}
	rest, err := fault.ReadAt(c.file, e.local+lenLocal, nameLen+extraLen)
	if err != nil {
		return err
	}
	const decisive = flagEncrypted | flagPatched | flagStrong | flagMasked
	flags := le.Uint16(b[6:])
	if le.Uint32(b) != sigLocal || entryName(rest[:nameLen], flags) != e.name ||
		(flags^e.flags)&decisive != 0 || le.Uint16(b[8:]) != e.method {
		return fault.New(fault.RuleContainer, e.name, "the entry's own header contradicts the directory")
	}
	packed, size, crc := int64(le.Uint32(b[18:])), int64(le.Uint32(b[22:])), le.Uint32(b[14:])
	if err := widen(rest[nameLen:], &size, &packed); err != nil {
		return fault.New(fault.RuleContainer, e.name, "%v", err)
	}
	whole := crc == e.crc && packed == e.packed && size == e.size
	e.flags |= flags & flagDescriptor // some writers say in one place only that a descriptor follows
	if !whole && !isDeferred(e, crc, packed, size) {
		return fault.New(fault.RuleContainer, e.name,
			"the entry's own header gives other sizes or another checksum than the directory")
	}
	return c.checkDescriptor(e, next, whole)
}

// isDeferred reports whether a local header leaves to a data descriptor, as zeros, what it does not
// give right.
func isDeferred(e *entry, crc uint32, packed, size int64) bool {
	return e.flags&flagDescriptor != 0 && (crc == e.crc || crc == 0) && (packed == e.packed || packed == 0) &&
		(size == e.size || size == 0)
}

// checkDescriptor accounts for the bytes between the packed data of an entry and the next entry:
// none, or a data descriptor that repeats the directory. One that is announced may be missing if the
// local header is whole without it.
func (c *container) checkDescriptor(e *entry, next int64, whole bool) error {
	gap := next - e.data - e.packed
	if gap == 0 && whole {
		return nil
	}
	stray := &fault.FormatError{Rule: fault.RuleContainer, Part: e.name, Offset: -1,
		Msg: "the bytes after the entry are neither the next entry nor its data descriptor"}
	if e.flags&flagDescriptor == 0 || gap > 24 {
		return stray
	}
	got, err := fault.ReadAt(c.file, next-gap, int(gap))
	if err != nil {
		return err
	}
	for _, form := range descriptors(e) {
		if bytes.Equal(got, form) {
			return nil
		}
	}
	return stray
}

// descriptors lists the forms an entry's data descriptor can have: with or without a signature, with
// narrow or wide sizes.
func descriptors(e *entry) [][]byte {
	le := binary.LittleEndian
	crc := le.AppendUint32(nil, e.crc)
	wide := le.AppendUint64(le.AppendUint64(slices.Clone(crc), uint64(e.packed)), uint64(e.size))
	sig := le.AppendUint32(nil, sigDescriptor)
	forms := [][]byte{wide, slices.Concat(sig, wide)}
	if e.packed <= 0xFFFFFFFF && e.size <= 0xFFFFFFFF {
		narrow := le.AppendUint32(le.AppendUint32(slices.Clone(crc), uint32(e.packed)), uint32(e.size))
		forms = append(forms, narrow, slices.Concat(sig, narrow))
	}
	return forms
}

// find returns the entry of a part, by OPC's rule that names differing in case are the same; nil if
// there is none.
func (c *container) find(name string) *entry {
	i, ok := c.folded[fault.FoldName(name)]
	if !ok {
		return nil
	}
	return &c.entries[i]
}
