package xlsxtest

import (
	"encoding/binary"
	"slices"
	"unicode/utf16"
)

// Stream is a stream of a compound file's root.
type Stream struct {
	Name    string
	Content []byte
}

// Marks in a FAT.
const (
	difatSector = 0xFFFFFFFC
	fatSector   = 0xFFFFFFFD
	endOfChain  = 0xFFFFFFFE
	free        = 0xFFFFFFFF
)

// layout is a compound file being put together.
type layout struct {
	shift  uint
	body   []byte   // the sectors behind the header
	fat    []uint32 // of the sectors in body
	mini   []byte
	minis  []uint32 // the mini FAT
	starts []uint32 // of the streams
}

// Compound writes a compound file of version 3, with sectors of 512 bytes, or if wide of version 4,
// with 4,096.
func Compound(wide bool, streams ...Stream) []byte {
	l := &layout{shift: 9}
	if wide {
		l.shift = 12
	}
	for _, s := range streams {
		l.starts = append(l.starts, l.put(s.Content))
	}
	miniStart := l.chain(l.mini)
	miniFAT, miniCount := l.table(l.minis)
	dir := l.directory(streams, miniStart)
	dirStart, dirCount := l.chain(dir), l.sectors(len(dir))
	fats := l.finish()
	h := l.header(fats)
	le := binary.LittleEndian
	if wide {
		le.PutUint32(h[40:], uint32(dirCount))
	}
	le.PutUint32(h[48:], dirStart)
	le.PutUint32(h[60:], miniFAT)
	le.PutUint32(h[64:], uint32(miniCount))
	return append(h, l.body...)
}

// sectors is how many sectors hold n bytes.
func (l *layout) sectors(n int) int { return (n + 1<<l.shift - 1) >> l.shift }

// put adds a stream and returns where it starts.
func (l *layout) put(content []byte) uint32 {
	if len(content) == 0 || len(content) >= 4096 {
		return l.chain(content)
	}
	start := uint32(len(l.minis))
	l.mini = append(l.mini, content...)
	l.mini = append(l.mini, make([]byte, -len(content)&63)...)
	for len(l.minis) < len(l.mini)/64 {
		l.minis = append(l.minis, uint32(len(l.minis))+1)
	}
	l.minis[len(l.minis)-1] = endOfChain
	return start
}

// chain adds bytes as a chain of sectors and returns the first.
func (l *layout) chain(b []byte) uint32 {
	if len(b) == 0 {
		return endOfChain
	}
	start := uint32(len(l.fat))
	l.body = append(l.body, b...)
	l.body = append(l.body, make([]byte, l.sectors(len(b))<<l.shift-len(b))...)
	for len(l.fat) < len(l.body)>>l.shift {
		l.fat = append(l.fat, uint32(len(l.fat))+1)
	}
	l.fat[len(l.fat)-1] = endOfChain
	return start
}

// table adds a mini FAT and returns its first sector and their number.
func (l *layout) table(entries []uint32) (start uint32, count int) {
	b := l.tableBytes(entries)
	return l.chain(b), l.sectors(len(b))
}

// tableBytes fills a table up to whole sectors.
func (l *layout) tableBytes(entries []uint32) []byte {
	var b []byte
	for _, e := range entries {
		b = binary.LittleEndian.AppendUint32(b, e)
	}
	for len(b)%(1<<l.shift) != 0 {
		b = binary.LittleEndian.AppendUint32(b, free)
	}
	return b
}

// finish adds the FAT, which must count itself, and the DIFAT that lists what the header cannot. It
// returns the FAT's sectors; those of the DIFAT follow them.
func (l *layout) finish() []uint32 {
	entries := 1 << l.shift / 4
	used := len(l.fat)
	fats, difats := 1, 0
	for used+fats+difats > fats*entries {
		fats++
		difats = max(0, (fats-109+entries-2)/(entries-1))
	}
	var list []uint32
	for range fats {
		list = append(list, uint32(len(l.fat)))
		l.fat = append(l.fat, fatSector)
	}
	for range difats {
		l.fat = append(l.fat, difatSector)
	}
	l.body = append(l.body, l.tableBytes(l.fat)...)
	rest := list[min(109, fats):]
	for i := range difats {
		part := slices.Clone(rest[:min(entries-1, len(rest))])
		rest = rest[len(part):]
		for len(part) < entries-1 {
			part = append(part, free)
		}
		next := uint32(used + fats + i + 1)
		if i == difats-1 {
			next = endOfChain
		}
		l.body = append(l.body, l.tableBytes(append(part, next))...)
	}
	return list
}

// header writes the header but for the places of the directory and the mini FAT.
func (l *layout) header(fats []uint32) []byte {
	h := make([]byte, 1<<l.shift)
	copy(h, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
	le := binary.LittleEndian
	le.PutUint16(h[24:], 0x3E)
	le.PutUint16(h[26:], 3)
	if l.shift == 12 {
		le.PutUint16(h[26:], 4)
	}
	le.PutUint16(h[28:], 0xFFFE)
	le.PutUint16(h[30:], uint16(l.shift))
	le.PutUint16(h[32:], 6)
	le.PutUint32(h[44:], uint32(len(fats)))
	le.PutUint32(h[56:], 4096)
	entries := 1 << l.shift / 4
	le.PutUint32(h[68:], endOfChain)
	if difats := max(0, (len(fats)-109+entries-2)/(entries-1)); difats > 0 {
		le.PutUint32(h[68:], fats[len(fats)-1]+1)
		le.PutUint32(h[72:], uint32(difats))
	}
	for i := range 109 {
		le.PutUint32(h[76+4*i:], free)
		if i < len(fats) {
			le.PutUint32(h[76+4*i:], fats[i])
		}
	}
	return h
}

// directory writes the root and its streams, each hanging to the right of the one before.
func (l *layout) directory(streams []Stream, miniStart uint32) []byte {
	const slot = 128
	b := make([]byte, max(1, l.sectors((1+len(streams))*slot))<<l.shift)
	for i := range len(b) / slot {
		for at := 68; at < 80; at += 4 {
			binary.LittleEndian.PutUint32(b[i*slot+at:], free)
		}
	}
	writeSlot(b, "Root Entry", 5, miniStart, len(l.mini))
	for i, s := range streams {
		writeSlot(b[(i+1)*slot:], s.Name, 2, l.starts[i], len(s.Content))
		from, at := i, 72 // the one before, to the right
		if i == 0 {
			at = 76 // the root, below
		}
		binary.LittleEndian.PutUint32(b[from*slot+at:], uint32(i+1))
	}
	return b
}

func writeSlot(b []byte, name string, kind byte, start uint32, size int) {
	le := binary.LittleEndian
	units := utf16.Encode([]rune(name))
	for i, u := range units {
		le.PutUint16(b[2*i:], u)
	}
	le.PutUint16(b[64:], uint16(2*len(units)+2))
	b[66], b[67] = kind, 1
	le.PutUint32(b[116:], start)
	le.PutUint64(b[120:], uint64(size))
}
