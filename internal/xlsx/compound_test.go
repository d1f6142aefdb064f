package xlsx

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"tenderbatch/internal/xlsx/compound"
	"tenderbatch/internal/xlsx/fault"
	"tenderbatch/internal/xlsx/xlsxtest"
)

// Places in the compound files of the tests. Theirs is a fixed layout: the package, the mini stream,
// the mini FAT, the directory, the FAT.
const (
	atVersion   = 26
	atOrder     = 28
	atShift     = 30
	atMiniShift = 32
	atFATs      = 44
	atDirectory = 48
	atCutoff    = 56
	atMiniFAT   = 60
	atMiniFATs  = 64
	atDIFAT     = 68
	atDIFATs    = 72
	atFirstFAT  = 76
)

// broken is a compound file to be damaged.
type broken struct{ b []byte }

func (f broken) get(at int) uint32      { return binary.LittleEndian.Uint32(f.b[at:]) }
func (f broken) put(at int, v uint32)   { binary.LittleEndian.PutUint32(f.b[at:], v) }
func (f broken) put16(at int, v uint16) { binary.LittleEndian.PutUint16(f.b[at:], v) }

// sector is where the sector at a field of the header begins.
func (f broken) sector(field int) int { return (int(f.get(field)) + 1) * 512 }

// slot is where an entry of the directory begins: 0 the root, 1 EncryptionInfo, 2 EncryptedPackage.
func (f broken) slot(i int) int { return f.sector(atDirectory) + i*compound.LenSlot }

// fat is where the FAT's entry for a sector is.
func (f broken) fat(sector uint32) int { return f.sector(atFirstFAT) + 4*int(sector) }

// mini is where the mini FAT's entry for a mini sector is.
func (f broken) mini(sector uint32) int { return f.sector(atMiniFAT) + 4*int(sector) }

func (f broken) packageStart() uint32 { return f.get(f.slot(2) + 116) }

// TestHostileCompoundFiles damages a sound file in one place. Each is refused at once, before a
// password is asked about.
func TestHostileCompoundFiles(t *testing.T) {
	sound := xlsxtest.Lock{}.Protect(tenderBook(500).zipped(t), secret)
	for _, tt := range []struct {
		name   string
		damage func(broken)
		rule   fault.Rule
	}{
		{"a byte order of another machine", func(f broken) { f.put16(atOrder, 0xFEFF) }, fault.RuleCompound},
		{"version 2", func(f broken) { f.put16(atVersion, 2) }, fault.RuleCompound},
		{"version 4 with short sectors", func(f broken) { f.put16(atVersion, 4) }, fault.RuleCompound},
		{"sectors of 4,096 bytes in version 3", func(f broken) { f.put16(atShift, 12) }, fault.RuleCompound},
		{"sectors of one byte", func(f broken) { f.put16(atShift, 0) }, fault.RuleCompound},
		{"sectors of 2^65535 bytes", func(f broken) { f.put16(atShift, 65535) }, fault.RuleCompound},
		{"other mini sectors", func(f broken) { f.put16(atMiniShift, 9) }, fault.RuleCompound},
		{"another length of short streams", func(f broken) { f.put(atCutoff, 512) }, fault.RuleCompound},

		{"no FAT", func(f broken) { f.put(atFATs, 0) }, fault.RuleCompound},
		{"a huge FAT", func(f broken) { f.put(atFATs, 1<<32-1) }, fault.RuleCompound},
		{"a FAT longer than its list", func(f broken) { f.put(atFATs, 2) }, fault.RuleCompound},
		{"a list longer than the FAT", func(f broken) { f.put(atFirstFAT+4, 7) }, fault.RuleCompound},
		{"a FAT beyond the end", func(f broken) { f.put(atFirstFAT, 100_000) }, fault.RuleTruncated},
		{"a FAT that is no sector", func(f broken) { f.put(atFirstFAT, compound.SectorEnd) }, fault.RuleCompound},
		{"a FAT that is the package", func(f broken) { f.put(atFirstFAT, f.packageStart()) }, fault.RuleTruncated},

		{"a DIFAT without a count", func(f broken) { f.put(atDIFAT, 3) }, fault.RuleCompound},
		{"a DIFAT that is a loop", func(f broken) {
			f.put(atDIFATs, 1<<32-1)
			f.put(atDIFAT, f.packageStart())
			copy(f.b[(f.packageStart()+1)*512:], bytes.Repeat([]byte{255}, 508))
			f.put(int(f.packageStart()+1)*512+508, f.packageStart())
		}, fault.RuleCompound},
		{"a DIFAT beyond the end", func(f broken) { f.put(atDIFATs, 1); f.put(atDIFAT, 1<<20) }, fault.RuleTruncated},
		{"a DIFAT that is not there", func(f broken) { f.put(atDIFATs, 1) }, fault.RuleCompound},

		{"a directory beyond the end", func(f broken) { f.put(atDirectory, 1<<30) }, fault.RuleTruncated},
		{"no directory", func(f broken) { f.put(atDirectory, compound.SectorEnd) }, fault.RuleCompound},
		{"a directory that is a loop", func(f broken) { f.put(f.fat(f.get(atDirectory)), f.get(atDirectory)) },
			fault.RuleCompound},
		{"a directory that goes on in the package",
			func(f broken) { f.put(f.fat(f.get(atDirectory)), f.packageStart()) }, fault.RuleCompound},
		{"a directory that goes on in a free sector",
			func(f broken) { f.put(f.fat(f.get(atDirectory)), compound.SectorFree) }, fault.RuleCompound},
		{"a root that is a stream", func(f broken) { f.b[f.slot(0)+66] = compound.SlotStream }, fault.RuleCompound},
		{"a second root", func(f broken) { f.b[f.slot(1)+66] = compound.SlotRoot }, fault.RuleCompound},
		{"an entry of no kind", func(f broken) { f.b[f.slot(1)+66] = 9 }, fault.RuleCompound},
		{"a free entry in the tree", func(f broken) { f.b[f.slot(1)+66] = 0 }, fault.RuleCompound},
		{"an entry that hangs nowhere", func(f broken) { f.put(f.slot(1)+72, compound.NoSlot) }, fault.RuleCompound},
		{"an entry that hangs twice", func(f broken) { f.put(f.slot(1)+68, 2) }, fault.RuleCompound},
		{"a tree that is a loop", func(f broken) { f.put(f.slot(2)+72, 1) }, fault.RuleCompound},
		{"a tree that climbs to the root", func(f broken) { f.put(f.slot(2)+72, 0) }, fault.RuleCompound},
		{"an entry that does not exist", func(f broken) { f.put(f.slot(2)+72, 77) }, fault.RuleCompound},
		{"a name too long", func(f broken) { f.put16(f.slot(1)+64, 66) }, fault.RuleCompound},
		{"a name of odd length", func(f broken) { f.put16(f.slot(1)+64, 29) }, fault.RuleCompound},
		{"a name of no length", func(f broken) { f.put16(f.slot(1)+64, 0) }, fault.RuleCompound},
		{"a name that goes on", func(f broken) { f.put16(f.slot(1)+64, 28) }, fault.RuleCompound},
		{"a name that ends before", func(f broken) { f.put16(f.slot(1)+64, 32) }, fault.RuleCompound},
		{"two of one name but for case", func(f broken) {
			copy(f.b[f.slot(1):f.slot(1)+66], f.b[f.slot(2):])
			f.b[f.slot(1)] = 'e'
		}, fault.RuleCompound},

		{"a package that is a loop", func(f broken) { f.put(f.fat(f.packageStart()+3), f.packageStart()) },
			fault.RuleCompound},
		{"a package that ends before", func(f broken) { f.put(f.fat(f.packageStart()+3), compound.SectorEnd) },
			fault.RuleCompound},
		{"a package that is longer", func(f broken) { f.put(f.slot(2)+120, f.get(f.slot(2)+120)-600) },
			fault.RuleCompound},
		{"a package of 4 GB", func(f broken) { f.put(f.slot(2)+120, 1<<32-1) }, fault.RuleCompound},
		{"a package beyond the end", func(f broken) { f.put(f.slot(2)+116, 5_000) }, fault.RuleTruncated},
		{"a package that begins in the directory", func(f broken) { f.put(f.slot(2)+116, f.get(atDirectory)) },
			fault.RuleCompound},
		{"a package that runs into the FAT", func(f broken) { f.put(f.fat(f.packageStart()+3), f.get(atFirstFAT)) },
			fault.RuleCompound},

		{"a mini stream that is the package", func(f broken) { f.put(f.slot(0)+116, f.packageStart()) },
			fault.RuleCompound},
		{"a mini stream without bytes", func(f broken) { f.put(f.slot(0)+120, 0) }, fault.RuleCompound},
		{"a mini stream of 4 GB", func(f broken) { f.put(f.slot(0)+120, 1<<32-1) }, fault.RuleCompound},
		{"a mini FAT that is a loop", func(f broken) { f.put(f.fat(f.get(atMiniFAT)), f.get(atMiniFAT)) },
			fault.RuleCompound},
		{"a mini FAT of another length", func(f broken) { f.put(atMiniFATs, 2) }, fault.RuleCompound},
		{"a huge mini FAT", func(f broken) { f.put(atMiniFATs, 1<<32-1) }, fault.RuleCompound},
		{"no mini FAT", func(f broken) { f.put(atMiniFATs, 0); f.put(atMiniFAT, compound.SectorFree) },
			fault.RuleCompound},
		{"a chain of mini sectors that is a loop", func(f broken) { f.put(f.mini(3), 1) }, fault.RuleCompound},
		{"a chain of mini sectors that ends before", func(f broken) { f.put(f.mini(3), compound.SectorEnd) },
			fault.RuleCompound},
		{"a mini sector that does not exist", func(f broken) { f.put(f.mini(3), 1000) }, fault.RuleTruncated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := broken{slices.Clone(sound)}
			tt.damage(f)
			start := time.Now()
			wantLocked(t, f.b, secret, tt.rule, "ask for it to be sent again")
			if took := time.Since(start); took > time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// TestWideCompoundFilesAreHeldToMore: version 4 gives the length of the directory and sizes of 64 bits.
func TestWideCompoundFilesAreHeldToMore(t *testing.T) {
	sound := xlsxtest.Lock{Wide: true}.Protect(tenderBook(500).zipped(t), secret)
	slots := (int(binary.LittleEndian.Uint32(sound[atDirectory:])) + 1) * 4096
	for name, at := range map[string]int{
		"the directory's length": 40,
		"a size above 32 bits":   slots + 2*compound.LenSlot + 124,
		"a size below zero":      slots + 2*compound.LenSlot + 127,
		"the mini stream's size": slots + 127,
	} {
		t.Run(name, func(t *testing.T) {
			b := slices.Clone(sound)
			b[at] ^= 0x80
			wantLocked(t, b, secret, fault.RuleCompound, "")
		})
	}
}

func TestDirectoryIsLimited(t *testing.T) {
	locked := xlsxtest.Lock{Edit: func(s []xlsxtest.Stream) []xlsxtest.Stream {
		for i := range compound.MaxSlots {
			s = append(s, xlsxtest.Stream{Name: "s" + string(rune('a'+i%26)) + string(rune(0x4E00+i))})
		}
		return s
	}}.Protect(tenderBook(1).zipped(t), secret)
	wantLocked(t, locked, secret, fault.RuleLimit, "8192")
}

// TestCutOffAndLengthened cuts a protected file everywhere, and adds bytes to it.
func TestCutOffAndLengthened(t *testing.T) {
	for _, wide := range []bool{false, true} {
		sound := xlsxtest.Lock{Wide: wide}.Protect(tenderBook(100).zipped(t), secret)
		for n := 1; n < len(sound); n += 61 {
			for _, password := range []string{"", secret} {
				if _, err := dumpLocked(sound[:n], password); err == nil {
					t.Fatalf("%d bytes of %d are enough", n, len(sound))
				}
			}
		}
		wantLocked(t, append(slices.Clone(sound), 0), secret, fault.RuleTruncated, "bytes added")
		whole := len(sound) / 4096 / 2 * 4096
		wantLocked(t, sound[:whole], "", fault.RuleTruncated, "cut off")
	}
}

func TestFailingDiskIsNotDamage(t *testing.T) {
	sound := xlsxtest.Lock{}.Protect(tenderBook(100).zipped(t), secret)
	for from := range len(sound) {
		_, err := OpenProtected(failing{bytes.NewReader(sound), int64(from)}, int64(len(sound)), secret,
			DefaultLimits())
		if !isRule(err, fault.RuleRead) || !errors.Is(err, errDisk) {
			t.Fatalf("at %d: %v", from, err)
		}
	}
}

// TestBitFlipsInProtected flips one bit anywhere in a protected workbook of 500 tenders, 3,000 times
// (in one with standard encryption, whose 50,000 rounds take their time, 600 times). Each must be an
// error, or not change a row. Under agile encryption each in the package itself is an error.
func TestBitFlipsInProtected(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	plain := tenderBook(500).zipped(t)
	want, err := dump(plain)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		lock   xlsxtest.Lock
		trials int
	}{
		{"agile", xlsxtest.Lock{Spins: 100}, 3000},
		{"agile in version 4", xlsxtest.Lock{Spins: 100, Wide: true, Hash: "SHA1", KeyBits: 128}, 3000},
		{"standard", xlsxtest.Lock{Standard: true}, 600},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var pack []byte
			tt.lock.Package = func(b []byte) []byte { pack = b; return b }
			sound := tt.lock.Protect(plain, secret)
			from := bytes.Index(sound, pack)
			r := rand.New(rand.NewPCG(3000, 3))
			noticed := 0
			for range trials(tt.trials) {
				bit := r.IntN(len(sound) * 8)
				b := slices.Clone(sound)
				b[bit/8] ^= 1 << (bit % 8)
				got, err := dumpLocked(b, secret)
				var e *fault.FormatError
				switch {
				case err != nil && !errors.As(err, &e):
					t.Fatalf("bit %d: an error of another type: %v", bit, err)
				case err != nil:
					noticed++
				case !slices.Equal(got, want):
					t.Fatalf("bit %d changed the rows without an error", bit)
				case !tt.lock.Standard && bit/8 >= from && bit/8 < from+len(pack):
					t.Fatalf("bit %d of the package was not noticed", bit)
				}
			}
			// In version 4 nearly half of so short a file is what the last sectors have to spare.
			if noticed < trials(tt.trials)*2/5 {
				t.Errorf("only %d of %d flips were noticed", noticed, trials(tt.trials))
			}
		})
	}
}

// FuzzProtected feeds whole protected files, with the password that opens the seeds. For long:
//
//	go test -run '^$' -fuzz FuzzProtected -fuzztime 1h -fuzzminimizetime 20x ./internal/xlsx
//
// Without the last flag it spends its time on shortening what it finds.
func FuzzProtected(f *testing.F) {
	plain := tenderBook(2).zipped(f)
	for _, lock := range []xlsxtest.Lock{
		{}, {Hash: "SHA1", KeyBits: 128, Spins: 3}, {Wide: true, Hash: "SHA384"}, {Standard: true},
		{Info: replace(`<keyEncryptors>`, `<keyEncryptors><keyEncryptor uri="u"><a/></keyEncryptor>`, 1)},
		{Edit: func(s []xlsxtest.Stream) []xlsxtest.Stream { return append(s, xlsxtest.Stream{Name: "more"}) }},
	} {
		f.Add(lock.Protect(plain, secret), secret)
	}
	f.Add(xlsxtest.Lock{}.Protect(tenderBook(200).zipped(f), secret), "wrong")
	f.Add(compoundOf("EncryptionInfo", "EncryptedPackage"), secret)
	limits := DefaultLimits()
	limits.Spins = 1000 // a file may ask for a million rounds, and the fuzzer would wait for them
	f.Fuzz(func(t *testing.T, b []byte, password string) {
		_, err := dumpLimited(b, password, limits)
		var e *fault.FormatError
		if err != nil && !errors.As(err, &e) {
			t.Errorf("an error of another type: %v", err)
		}
	})
}
