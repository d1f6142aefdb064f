package ingest

import (
	"bytes"
	"encoding/binary"
	"strings"

	"tenderbatch/internal/xlsx/xlsxtest"
)

// Places in the header of a compound file, in its directory entries of 128 bytes,
// and in those of the standard encryption's EncryptionInfo.
const (
	compoundShift     = 30
	compoundFATs      = 44
	compoundDirectory = 48
	compoundMiniFAT   = 60
	compoundDIFAT     = 68
	compoundDIFATs    = 72
	compoundFirstFAT  = 76

	slotRight = 72
	slotStart = 116
	slotSize  = 120

	standardFlags   = 4
	standardHeader  = 8
	standardKeyBits = 28
)

// damagedCompound is a protected workbook whose compound file is to be damaged. Its
// sectors have 512 bytes and its FAT is short.
type damagedCompound []byte

func (d damagedCompound) get(at int) uint32        { return binary.LittleEndian.Uint32(d[at:]) }
func (d damagedCompound) put(at int, v uint32)     { binary.LittleEndian.PutUint32(d[at:], v) }
func (d damagedCompound) sector(number uint32) int { return (int(number) + 1) * 512 }

// fat is where the FAT says which sector follows one.
func (d damagedCompound) fat(sector uint32) int {
	return d.sector(d.get(compoundFirstFAT)) + 4*int(sector)
}

// slot is where an entry of the directory begins: 0 is the root, 1 EncryptionInfo,
// 2 EncryptedPackage.
func (d damagedCompound) slot(i int) int { return d.sector(d.get(compoundDirectory)) + 128*i }

func (d damagedCompound) packageStart() uint32 { return d.get(d.slot(2) + slotStart) }

// hostileProtected attacks the protection of workbooks: the compound file around
// it, what says how it is protected, and the content. All are read with the password
// of the sound file.
func hostileProtected() []hostile {
	locked := func(l xlsxtest.Lock) func() []byte {
		return func() []byte { return l.Protect(flipBook(500), testPassword) }
	}
	info := func(change func([]byte) []byte) func() []byte { return locked(xlsxtest.Lock{Info: change}) }
	text := func(old, by string) func() []byte {
		return info(func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(by), 1) })
	}
	all := append(hostileAgile(info, text), hostileStandard(locked)...)
	all = append(all, hostilePackages(locked)...)
	return append(all, hostileCompounds(locked)...)
}

// hostileAgile attacks what says how an agile protection is made.
func hostileAgile(info func(func([]byte) []byte) func() []byte, text func(old, by string) func() []byte) []hostile {
	const verifier = `encryptedVerifierHashInput="`
	return []hostile{
		{name: "spins for a day", want: "spinCount is \"1000000000\", which is not a possible number",
			make: text(`spinCount="0"`, `spinCount="1000000000"`)},
		{name: "a spin too many", want: "hashed 1000001 times; the limit is 1000000",
			make: text(`spinCount="0"`, `spinCount="1000001"`)},
		{name: "spins beyond counting", want: "EncryptionInfo … 99999999999999999999",
			make: text(`spinCount="0"`, `spinCount="99999999999999999999"`)},
		{name: "the most spins there may be, for nothing", want: "the password in use does not open",
			make: text(`spinCount="0"`, `spinCount="1000000"`)},
		{name: "a verifier of another password", want: "the password in use does not open",
			make: info(func(b []byte) []byte {
				i := bytes.Index(b, []byte(verifier)) + len(verifier)
				copy(b[i:], "AAAA")
				return b
			})},
		{name: "a verifier of 100 KB", want: "encryptedVerifierHashInput has 75",
			make: text(verifier, verifier+strings.Repeat("AAAA", 25_000))},
		{name: "a checksum of nothing", want: "its content does not agree with its checksum",
			make: info(func(b []byte) []byte {
				const value = `encryptedHmacValue="`
				i := bytes.Index(b, []byte(value)) + len(value)
				copy(b[i:], strings.Repeat("A", 80))
				return b
			})},
		{name: "a key of 7 bits", want: "7 bits", make: text(`keyBits="256"`, `keyBits="7"`)},
		{name: "a key of 2^31 bits", want: "2147483648", make: text(`keyBits="256"`, `keyBits="2147483648"`)},
		{name: "a block of no bytes", want: "0 bytes", make: text(`blockSize="16"`, `blockSize="0"`)},
		{name: "a block of a MiB", want: "1048576 bytes", make: text(`blockSize="16"`, `blockSize="1048576"`)},
		{name: "a salt that is shorter than said", want: "a salt has 16 bytes, is to have 64",
			make: text(`saltSize="16"`, `saltSize="64"`)},
		{name: "a salt of 2^40 bytes", want: "1099511627776", make: text(`saltSize="16"`, `saltSize="1099511627776"`)},
		{name: "a salt of ten million characters", want: "EncryptionInfo",
			make: text(`saltValue="`, `saltValue="`+strings.Repeat("A", 10_000_000))},
		{name: "a hash of no size", want: "0", make: text(`hashSize="64"`, `hashSize="0"`)},
		{name: "a document type in EncryptionInfo", want: "EncryptionInfo … DOCTYPE",
			make: text("<encryption ",
				`<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><encryption `)},
		{name: "an entity in EncryptionInfo", want: "EncryptionInfo", make: text(`saltValue="`, `saltValue="&salt;`)},
		{name: "XML without end in EncryptionInfo", want: "EncryptionInfo",
			make: info(func(b []byte) []byte { return append(b[:8], "<encryption"...) })},
		{name: "elements inside one another in EncryptionInfo", want: "EncryptionInfo",
			make: text("<keyEncryptors>", "<keyEncryptors>"+strings.Repeat(`<keyEncryptor uri="u">`, 100_000))},
		{name: "a hundred thousand keys in EncryptionInfo", want: "EncryptionInfo",
			make: text("<keyEncryptors>",
				"<keyEncryptors>"+strings.Repeat(`<keyEncryptor uri="http://schemas.microsoft.com/office/2006/keyEncryptor/password"/>`, 100_000))},
		{name: "UTF-16 in EncryptionInfo", want: "EncryptionInfo",
			make: info(func(b []byte) []byte { return append(b[:8], utf16File(string(b[8:]))...) })},
		{name: "noise for EncryptionInfo", want: "EncryptionInfo",
			make: info(func(b []byte) []byte { return bytes.Repeat([]byte{0xA5}, len(b)) })},
		{name: "EncryptionInfo of 20 MB", want: "EncryptionInfo",
			make: info(func(b []byte) []byte { return append(b, bytes.Repeat([]byte(" "), 20_000_000)...) })},
		{name: "nothing for EncryptionInfo", want: "EncryptionInfo", make: info(func([]byte) []byte { return nil })},
	}
}

// hostileStandard attacks what says how a standard protection is made.
func hostileStandard(locked func(xlsxtest.Lock) func() []byte) []hostile {
	info := func(change func([]byte) []byte) func() []byte {
		return locked(xlsxtest.Lock{Standard: true, Info: change})
	}
	put := func(at int, v uint32) func() []byte {
		return info(func(b []byte) []byte { damagedCompound(b).put(at, v); return b })
	}
	fromEnd := func(back int, v uint32) func() []byte {
		return info(func(b []byte) []byte { damagedCompound(b).put(len(b)-back, v); return b })
	}
	return []hostile{
		{name: "standard, a header of 4 GB", want: "4294967294 bytes", make: put(standardHeader, 1<<32-2)},
		{name: "standard, a header of an odd size", want: "41 bytes", make: put(standardHeader, 41)},
		{name: "standard, a key of 129 bits", want: "129 bits", make: put(standardKeyBits, 129)},
		{name: "standard, the cipher RC4", want: "AES", make: put(standardFlags, 0x04)},
		{name: "standard, a salt of 4 GB", want: "4294967295 bytes", make: fromEnd(72, 1<<32-1)},
		{name: "standard, a verifier's hash of 4 GB", want: "4294967295 bytes", make: fromEnd(36, 1<<32-1)},
		{name: "standard, a verifier of another password", want: "the password in use does not open",
			make: fromEnd(52, 7)},
		{name: "standard, EncryptionInfo cut off", want: "EncryptionInfo",
			make: info(func(b []byte) []byte { return b[:len(b)-17] })},
		{name: "standard, a package that was changed", want: "was changed or damaged",
			make: locked(xlsxtest.Lock{Standard: true, Package: func(b []byte) []byte { b[8] ^= 1; return b }})},
	}
}

// hostilePackages attacks the encrypted content.
func hostilePackages(locked func(xlsxtest.Lock) func() []byte) []hostile {
	content := func(change func([]byte) []byte) func() []byte { return locked(xlsxtest.Lock{Package: change}) }
	size := func(n uint64) func() []byte {
		return content(func(b []byte) []byte { binary.LittleEndian.PutUint64(b, n); return b })
	}
	const tampered = "its content does not agree with its checksum"
	bomb := func() []byte {
		b := hostileBook{last: []rawEntry{{header: zipHeader("xl/media/a.xml", 100<<20), packed: bomb(100)}}}
		return xlsxtest.Lock{}.Protect(b.bytes(), testPassword)
	}
	return []hostile{
		{name: "a package of which a bit was flipped", want: tampered,
			make: content(func(b []byte) []byte { b[len(b)/2] ^= 8; return b })},
		{name: "a package with two segments exchanged", want: tampered, make: content(func(b []byte) []byte {
			first := bytes.Clone(b[8 : 8+4096])
			copy(b[8:], b[8+4096:8+2*4096])
			copy(b[8+4096:], first)
			return b
		})},
		{name: "a package that is cut off", want: "EncryptedPackage",
			make: content(func(b []byte) []byte { return b[:len(b)/2] })},
		{name: "a package without content", want: "EncryptedPackage",
			make: content(func([]byte) []byte { return nil })},
		{name: "a package of 2^63 bytes", want: "EncryptedPackage", make: size(1 << 63)},
		{name: "a package of 2^40 bytes", want: "EncryptedPackage", make: size(1 << 40)},
		{name: "a package that says it is empty", want: "EncryptedPackage", make: size(0)},
		{name: "a bomb under a password", want: "xl/media/a.xml: the entry inflates from … ratio of 300", make: bomb},
		{name: "a protected workbook in a protected workbook", want: "password opens is not a workbook",
			make: func() []byte {
				inner := xlsxtest.Lock{}.Protect(hostileBook{}.bytes(), testPassword)
				return xlsxtest.Lock{}.Protect(inner, testPassword)
			}},
		{name: "a bomb's worth of nothing under a password", want: "not a workbook", make: func() []byte {
			return xlsxtest.Lock{}.Protect(make([]byte, 20<<20), testPassword)
		}},
	}
}

// hostileCompounds attacks the compound file, the old format of Office files, in
// which a protected workbook is.
func hostileCompounds(locked func(xlsxtest.Lock) func() []byte) []hostile {
	damage := func(change func(damagedCompound)) func() []byte {
		return func() []byte {
			d := damagedCompound(locked(xlsxtest.Lock{})())
			change(d)
			return d
		}
	}
	streams := func(edit func([]xlsxtest.Stream) []xlsxtest.Stream) func() []byte {
		return locked(xlsxtest.Lock{Edit: edit})
	}
	const damaged, cutOff = "the file is damaged", "the file is cut off"
	return []hostile{
		{name: "a FAT that chains the package in a loop", want: damaged,
			make: damage(func(d damagedCompound) { d.put(d.fat(d.packageStart()+3), d.packageStart()) })},
		{name: "a FAT that chains the directory to itself", want: damaged,
			make: damage(func(d damagedCompound) { d.put(d.fat(d.get(compoundDirectory)), d.get(compoundDirectory)) })},
		{name: "a FAT that chains the mini FAT to itself", want: damaged,
			make: damage(func(d damagedCompound) { d.put(d.fat(d.get(compoundMiniFAT)), d.get(compoundMiniFAT)) })},
		{name: "a FAT of 2^32 sectors", want: damaged,
			make: damage(func(d damagedCompound) { d.put(compoundFATs, 1<<32-1) })},
		{name: "a DIFAT of 2^32 sectors", want: cutOff,
			make: damage(func(d damagedCompound) { d.put(compoundDIFATs, 1<<32-1); d.put(compoundDIFAT, 1<<20) })},
		{name: "a DIFAT that is a loop", want: damaged, make: damage(func(d damagedCompound) {
			d.put(compoundDIFATs, 1<<32-1)
			d.put(compoundDIFAT, d.packageStart())
			at := d.sector(d.packageStart())
			copy(d[at:], bytes.Repeat([]byte{255}, 508))
			d.put(at+508, d.packageStart())
		})},
		{name: "a directory that is a loop of entries", want: damaged,
			make: damage(func(d damagedCompound) { d.put(d.slot(2)+slotRight, 1) })},
		{name: "a directory of entries that do not exist", want: damaged,
			make: damage(func(d damagedCompound) { d.put(d.slot(2)+slotRight, 1<<31) })},
		{name: "sectors of one byte", want: damaged, make: damage(func(d damagedCompound) { d[compoundShift] = 0 })},
		{name: "sectors of 2^255 bytes", want: damaged,
			make: damage(func(d damagedCompound) { d[compoundShift] = 255 })},
		{name: "a stream of 4 GB", want: damaged,
			make: damage(func(d damagedCompound) { d.put(d.slot(2)+slotSize, 1<<32-1) })},
		{name: "a stream that begins beyond the end", want: cutOff,
			make: damage(func(d damagedCompound) { d.put(d.slot(2)+slotStart, 1<<24) })},
		{name: "a compound file cut off in the middle", want: cutOff, make: func() []byte {
			b := locked(xlsxtest.Lock{})()
			return b[:len(b)/1024*512]
		}},
		{name: "no EncryptionInfo", want: "not by a password",
			make: streams(func(s []xlsxtest.Stream) []xlsxtest.Stream { return s[1:] })},
		{name: "no EncryptedPackage", want: "no workbook",
			make: streams(func(s []xlsxtest.Stream) []xlsxtest.Stream { return s[:1] })},
		{name: "ten thousand streams", want: "the limit is 8192",
			make: streams(func(s []xlsxtest.Stream) []xlsxtest.Stream {
				for i := range 10_000 {
					s = append(s, xlsxtest.Stream{Name: "s" + string(rune(0x4E00+i))})
				}
				return s
			})},
	}
}
