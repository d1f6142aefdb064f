// Package compound reads the compound file around a protected workbook, strictly: every chain
// must end, be as long as its size says and share no sector with another.
package compound

import (
	"encoding/binary"
	"io"
	"strings"
	"unicode/utf16"

	"tenderbatch/internal/xlsx/fault"
)

// Numbers of the compound file format ([MS-CFB] 2.1 to 2.6).
const (
	sectorLast = 0xFFFFFFFA // the largest number a sector can have; larger ones are marks
	SectorEnd  = 0xFFFFFFFE // the end of a chain
	SectorFree = 0xFFFFFFFF
	NoSlot     = 0xFFFFFFFF // no entry of the directory

	lenCompoundHeader = 512
	LenSlot           = 128
	headerFATs        = 109 // places of FAT sectors that the header holds itself
	miniShift         = 6   // log2 of the bytes of a mini sector
	miniCutoff        = 4096

	slotFree    = 0
	slotStorage = 1
	SlotStream  = 2
	SlotRoot    = 5

	// spareSectors is how many sectors a table may have beyond twice what it needs: Excel's way of
	// writing allots some that stay empty.
	spareSectors = 16

	// MaxSlots bounds the directory; that of a protected workbook has about a dozen entries.
	MaxSlots = 8192
)

// File is a compound file whose sectors, chains and directory were found sound: every chain
// ends, is as long as its size asks for, and shares no sector with another.
type File struct {
	file  io.ReaderAt
	shift uint // log2 of the bytes of a sector: 9 in version 3, 12 in version 4
	fat   sectorTable
	mini  sectorTable
	root  []uint32 // sectors of the mini stream
	slots []slot   // the directory; the first is the root
}

// slot is an entry of the directory.
type slot struct {
	name               string
	kind               byte
	left, right, child uint32 // slots
	start              uint32
	size               int64
	sectors            []uint32 // of a stream: of the FAT, or of the mini FAT if it is below miniCutoff
}

// unsound is a fault of the compound file's structure.
func unsound(format string, args ...any) *fault.FormatError {
	e := fault.New(fault.RuleCompound, "", "the file is damaged: "+format, args...)
	e.Msg += "; ask for it to be sent again"
	return e
}

// Open checks the whole structure of a compound file and reads no stream yet.
func Open(file io.ReaderAt, size int64) (*File, error) {
	if size < lenCompoundHeader {
		return nil, fault.ErrTruncated
	}
	h, err := fault.ReadAt(file, 0, lenCompoundHeader)
	if err != nil {
		return nil, err
	}
	c := &File{file: file}
	if err := c.readHeader(h, size); err != nil {
		return nil, err
	}
	if err := c.readFAT(h); err != nil {
		return nil, err
	}
	if err := c.readSlots(h); err != nil {
		return nil, err
	}
	if err := c.readMini(h); err != nil {
		return nil, err
	}
	return c, c.locateStreams()
}

// readHeader takes the sizes that the header gives.
func (c *File) readHeader(h []byte, size int64) error {
	le := binary.LittleEndian
	version, shift := le.Uint16(h[26:]), le.Uint16(h[30:])
	switch {
	case le.Uint16(h[28:]) != 0xFFFE:
		return unsound("its mark of the byte order is wrong")
	case (version != 3 || shift != 9) && (version != 4 || shift != 12):
		return unsound("version %d with sectors of 2^%d bytes does not exist", version, shift)
	case le.Uint16(h[32:]) != miniShift || le.Uint32(h[56:]) != miniCutoff:
		return unsound("its mini sectors have a size that does not exist")
	}
	c.shift = uint(shift)
	sectors := size>>c.shift - 1 // the header takes the place of one
	if size&(1<<c.shift-1) != 0 || sectors < 1 {
		return fault.New(fault.RuleTruncated, "",
			"the file is cut off, or has bytes added: %d bytes are not whole sectors of %d; ask for it to be sent "+
				"again", size, 1<<c.shift)
	}
	if sectors > sectorLast {
		return fault.New(fault.RuleLimit, "", "the file has %d sectors; the limit is %d", sectors, sectorLast)
	}
	c.fat.taken = make([]bool, sectors)
	return nil
}

// sectorBytes is the size of a sector in bytes.
func (c *File) sectorBytes() int64 { return 1 << c.shift }

// offset is where a sector begins in the file.
func (c *File) offset(sector uint32) int64 { return (int64(sector) + 1) << c.shift }

// readSector reads a whole sector.
func (c *File) readSector(sector uint32) ([]byte, error) {
	return fault.ReadAt(c.file, c.offset(sector), 1<<c.shift)
}

// readFAT finds the FAT's sectors and reads them.
func (c *File) readFAT(h []byte) error {
	entries := c.sectorBytes() / 4
	count := int64(binary.LittleEndian.Uint32(h[44:]))
	needed := (int64(len(c.fat.taken)) + entries - 1) / entries
	if count < 1 || count > 2*needed+spareSectors {
		return unsound("its FAT has %d sectors; the file needs %d", count, needed)
	}
	list, err := c.listFAT(h, int(count))
	if err != nil {
		return err
	}
	c.fat.next = make([]uint32, 0, count*entries)
	for _, sector := range list {
		if err := c.fat.claim("the FAT", sector); err != nil {
			return err
		}
		b, err := c.readSector(sector)
		if err != nil {
			return err
		}
		c.fat.next = appendSectors(c.fat.next, b)
	}
	return nil
}

// listFAT lists the sectors of the FAT: the first stand in the header, the others in the chain of
// the DIFAT.
func (c *File) listFAT(h []byte, count int) ([]uint32, error) {
	le := binary.LittleEndian
	list, err := takeFATs(nil, appendSectors(nil, h[76:76+4*headerFATs]), count)
	if err != nil {
		return nil, err
	}
	next := le.Uint32(h[68:])
	for range le.Uint32(h[72:]) {
		if err := c.fat.claim("the DIFAT", next); err != nil {
			return nil, err
		}
		b, err := c.readSector(next)
		if err != nil {
			return nil, err
		}
		last := len(b) - 4
		if list, err = takeFATs(list, appendSectors(nil, b[:last]), count); err != nil {
			return nil, err
		}
		next = le.Uint32(b[last:])
	}
	if next != SectorEnd && next != SectorFree {
		return nil, unsound("its DIFAT is longer than its header says")
	}
	if len(list) != count {
		return nil, unsound("its header gives the FAT %d sectors; the places of %d are known", count, len(list))
	}
	return list, nil
}

// takeFATs adds places of FAT sectors until there are count; what follows must be free.
func takeFATs(list, places []uint32, count int) ([]uint32, error) {
	for _, sector := range places {
		if len(list) < count {
			list = append(list, sector)
		} else if sector != SectorFree {
			return nil, unsound("its FAT has more sectors than its header says")
		}
	}
	return list, nil
}

// appendSectors appends the sector numbers that b holds.
func appendSectors(list []uint32, b []byte) []uint32 {
	for ; len(b) >= 4; b = b[4:] {
		list = append(list, binary.LittleEndian.Uint32(b))
	}
	return list
}

// readMini finds the mini stream, in which the short streams lie, and reads the mini FAT.
func (c *File) readMini(h []byte) error {
	root := &c.slots[0]
	var err error
	if c.root, err = c.locate(&c.fat, "the mini stream", root.start, root.size, c.shift); err != nil {
		return err
	}
	c.mini.taken = make([]bool, (root.size+1<<miniShift-1)>>miniShift)
	le := binary.LittleEndian
	start, count := le.Uint32(h[60:]), int64(le.Uint32(h[64:]))
	if count == 0 && start == SectorFree {
		start = SectorEnd
	}
	entries := c.sectorBytes() / 4
	if needed := (int64(len(c.mini.taken)) + entries - 1) / entries; count > 2*needed+spareSectors {
		return unsound("its mini FAT has %d sectors; the mini stream needs %d", count, needed)
	}
	list, err := c.fat.chain("the mini FAT", start, count)
	if err != nil {
		return err
	}
	b, err := c.readSectors(list)
	c.mini.next = appendSectors(nil, b)
	return err
}

// locateStreams finds the sectors of every stream.
func (c *File) locateStreams() error {
	for i := range c.slots {
		s := &c.slots[i]
		if s.kind != SlotStream {
			continue
		}
		table, shift := &c.fat, c.shift
		if s.size < miniCutoff {
			table, shift = &c.mini, miniShift
		}
		var err error
		if s.sectors, err = c.locate(table, s.name, s.start, s.size, shift); err != nil {
			return err
		}
	}
	return nil
}

// locate follows the chain of a stream of this size. An empty stream has none, whatever its start.
func (c *File) locate(t *sectorTable, what string, start uint32, size int64, shift uint) ([]uint32, error) {
	if size == 0 {
		return nil, nil
	}
	if size < 0 || size > int64(len(t.taken))<<shift {
		return nil, unsound("%q has %d bytes, more than there is room for", what, size)
	}
	return t.chain(what, start, (size+1<<shift-1)>>shift)
}

// Stream reads a stream of the root by its name; nil if there is none. One longer than most bytes is
// a fault.
func (c *File) Stream(name string, most int64) ([]byte, error) {
	s := c.find(name)
	if s == nil {
		return nil, nil
	}
	if s.size > most {
		return nil, fault.New(fault.RuleLimit, name, "the stream has %d bytes; the limit is %d", s.size, most)
	}
	var b []byte
	var err error
	if s.size < miniCutoff {
		b, err = c.readMiniSectors(s.sectors)
	} else {
		b, err = c.readSectors(s.sectors)
	}
	if err != nil {
		return nil, err
	}
	return b[:s.size], nil
}

// find returns the stream of the root that has this name; nil if there is none.
func (c *File) find(name string) *slot {
	for _, i := range c.siblings(c.slots[0].child) {
		if s := &c.slots[i]; s.kind == SlotStream && s.name == name {
			return s
		}
	}
	return nil
}

// readSectors reads sectors, those that lie one behind another at once.
func (c *File) readSectors(list []uint32) ([]byte, error) {
	b := make([]byte, int64(len(list))<<c.shift)
	for i := 0; i < len(list); {
		n := 1
		for i+n < len(list) && list[i+n] == list[i]+uint32(n) {
			n++
		}
		if err := fault.ReadInto(c.file, c.offset(list[i]), b[i<<c.shift:(i+n)<<c.shift]); err != nil {
			return nil, err
		}
		i += n
	}
	return b, nil
}

// readMiniSectors reads mini sectors out of the mini stream.
func (c *File) readMiniSectors(list []uint32) ([]byte, error) {
	b := make([]byte, len(list)<<miniShift)
	for i, sector := range list {
		at := int64(sector) << miniShift
		from := c.offset(c.root[at>>c.shift]) + at&(c.sectorBytes()-1)
		if err := fault.ReadInto(c.file, from, b[i<<miniShift:(i+1)<<miniShift]); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// readSlots reads the directory and checks its tree.
func (c *File) readSlots(h []byte) error {
	le := binary.LittleEndian
	want := int64(-1) // version 3 does not say how long the directory is
	if c.shift == 12 {
		want = int64(le.Uint32(h[40:]))
	}
	list, err := c.fat.chain("the directory", le.Uint32(h[48:]), want)
	if err != nil {
		return err
	}
	if n := int64(len(list)) << c.shift / LenSlot; n > MaxSlots {
		return fault.New(fault.RuleLimit, "", "the file's directory has %d entries; the limit is %d", n, MaxSlots)
	}
	b, err := c.readSectors(list)
	if err != nil {
		return err
	}
	for ; len(b) >= LenSlot; b = b[LenSlot:] {
		s, err := c.readSlot(b)
		if err != nil {
			return err
		}
		c.slots = append(c.slots, s)
	}
	return c.checkTree()
}

// readSlot reads an entry of the directory.
func (c *File) readSlot(b []byte) (slot, error) {
	le := binary.LittleEndian
	s := slot{
		kind: b[66], left: le.Uint32(b[68:]), right: le.Uint32(b[72:]), child: le.Uint32(b[76:]),
		start: le.Uint32(b[116:]), size: int64(le.Uint32(b[120:])),
	}
	if c.shift == 12 { // in version 3 the upper half may hold anything
		s.size = int64(le.Uint64(b[120:]))
	}
	switch s.kind {
	case slotFree:
		return s, nil
	case slotStorage, SlotStream, SlotRoot:
	default:
		return s, unsound("an entry of its directory is of the unknown kind %d", s.kind)
	}
	n := int(le.Uint16(b[64:])) // bytes, with the zero at the end
	if n < 4 || n > 64 || n%2 != 0 {
		return s, unsound("a name in its directory has %d bytes", n)
	}
	units := make([]uint16, n/2)
	for i := range units {
		units[i] = le.Uint16(b[2*i:])
	}
	s.name = string(utf16.Decode(units[:len(units)-1]))
	if strings.ContainsRune(s.name, 0) || units[len(units)-1] != 0 {
		return s, unsound("the name %q in its directory does not end where it should", s.name)
	}
	return s, nil
}

// checkTree checks that every entry of the directory hangs in the tree once, and that no two of one
// storage have the same name.
func (c *File) checkTree() error {
	if len(c.slots) == 0 || c.slots[0].kind != SlotRoot {
		return unsound("its directory does not begin with the root")
	}
	hung := make([]bool, len(c.slots))
	hung[0] = true
	for storages := []uint32{0}; len(storages) > 0; {
		top := c.slots[storages[0]].child
		storages = storages[1:]
		if err := c.hang(top, hung); err != nil {
			return err
		}
		names := make(map[string]bool)
		for _, i := range c.siblings(top) {
			key := fault.FoldName(c.slots[i].name)
			if names[key] {
				return unsound("its directory has the name %q twice", c.slots[i].name)
			}
			names[key] = true
			if c.slots[i].kind == slotStorage {
				storages = append(storages, i)
			}
		}
	}
	for i := range c.slots {
		if c.slots[i].kind != slotFree && !hung[i] {
			return unsound("the entry %q of its directory hangs in no storage", c.slots[i].name)
		}
	}
	return nil
}

// hang marks the entries of one storage, and finds those that do not exist or hang somewhere already.
func (c *File) hang(top uint32, hung []bool) error {
	for pending := []uint32{top}; len(pending) > 0; {
		i := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if i == NoSlot {
			continue
		}
		if int64(i) >= int64(len(c.slots)) || (c.slots[i].kind != slotStorage && c.slots[i].kind != SlotStream) {
			return unsound("its directory refers to the entry %d, which does not exist", i)
		}
		if hung[i] {
			return unsound("the entry %q of its directory hangs in two places", c.slots[i].name)
		}
		hung[i] = true
		pending = append(pending, c.slots[i].left, c.slots[i].right)
	}
	return nil
}

// siblings lists the entries of a storage, whose tree hang found sound.
func (c *File) siblings(top uint32) []uint32 {
	var list []uint32
	for pending := []uint32{top}; len(pending) > 0; {
		i := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if i == NoSlot {
			continue
		}
		list = append(list, i)
		pending = append(pending, c.slots[i].left, c.slots[i].right)
	}
	return list
}

// sectorTable is the FAT, which chains sectors of the file, or the mini FAT, which chains those of the
// mini stream.
type sectorTable struct {
	next  []uint32 // by sector: the next of its chain, or a mark
	taken []bool   // by sector, one for each there is: a chain has it
}

// claim takes a sector for a chain.
func (t *sectorTable) claim(what string, sector uint32) error {
	switch {
	case sector > sectorLast:
		return unsound("the chain of %q runs into a sector that is not part of any", what)
	case int64(sector) >= int64(len(t.taken)):
		return fault.New(fault.RuleTruncated, "",
			"the file is cut off: %q goes on in sector %d, and there are %d; ask for it to be sent again", what, sector,
			len(t.taken))
	case t.taken[sector]:
		return unsound("sector %d is in two chains, or in a chain that is a loop (%q)", sector, what)
	}
	t.taken[sector] = true
	return nil
}

// chain follows a chain to its end and takes its sectors. It must have want of them, or any number if
// want is negative.
func (t *sectorTable) chain(what string, start uint32, want int64) ([]uint32, error) {
	var list []uint32
	for at := start; at != SectorEnd; at = t.next[at] {
		if err := t.claim(what, at); err != nil {
			return nil, err
		}
		if int64(at) >= int64(len(t.next)) {
			return nil, unsound("the FAT says nothing of sector %d (%q)", at, what)
		}
		list = append(list, at)
	}
	if want >= 0 && int64(len(list)) != want {
		return nil, unsound("%q has %d sectors and needs %d", what, len(list), want)
	}
	return list, nil
}
