package xlsx

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"tenderbatch/internal/xlsx/fault"
	"tenderbatch/internal/xlsx/xlsxtest"
)

const secret = "Tr1cky pässword, 密"

// dumpLocked reads a protected workbook.
func dumpLocked(b []byte, password string) ([]string, error) {
	return dumpLimited(b, password, DefaultLimits())
}

func dumpLimited(b []byte, password string, limits Limits) ([]string, error) {
	w, err := OpenProtected(bytes.NewReader(b), int64(len(b)), password, limits)
	if err != nil {
		return nil, err
	}
	return rowsOf(w)
}

// wantLocked demands a fault of a protected workbook, by its rule and words, that does not show the
// password.
func wantLocked(t *testing.T, b []byte, password string, rule fault.Rule, says string) {
	t.Helper()
	_, err := dumpLocked(b, password)
	if !isRule(err, rule) || !strings.Contains(err.Error(), says) {
		t.Errorf("got %v, want %s saying %q", err, rule, says)
	}
	if err != nil && password != "" && strings.Contains(err.Error(), password) {
		t.Errorf("%q shows the password", err)
	}
}

// every is each kind of protection by name.
func every() map[string]xlsxtest.Lock {
	locks := map[string]xlsxtest.Lock{
		"standard":                {Standard: true},
		"standard with 192 bits":  {Standard: true, KeyBits: 192},
		"standard with 256 bits":  {Standard: true, KeyBits: 256},
		"hashes of two kinds":     {Hash: "SHA1", KeyHash: "SHA384", Spins: 9},
		"as Excel writes":         {Spins: 100_000},
		"as many spins as may be": {Spins: 1_000_000, Hash: "SHA1"},
		"compound file version 4": {Wide: true},
		"standard in version 4":   {Wide: true, Standard: true},
		"SHA-1 with a hyphen":     {Hash: "SHA1", Info: replace(`"SHA1"`, `"SHA-1"`, -1)},
		"a key under certificates": {Info: replace(`<keyEncryptors>`,
			`<keyEncryptors><keyEncryptor uri="http://schemas.microsoft.com/office/2006/keyEncryptor/certificate"><c:encryptedKey encryptedKeyValue="AA=="/></keyEncryptor>`, 1)},
		"more behind the package": {Edit: func(s []xlsxtest.Stream) []xlsxtest.Stream {
			return append(s, xlsxtest.Stream{Name: "\x06DataSpaces", Content: []byte("x")},
				xlsxtest.Stream{Name: "Empty"})
		}},
	}
	for hash := range xlsxtest.Hashes {
		for _, bits := range []int{128, 192, 256} {
			locks[fmt.Sprintf("agile AES-%d %s", bits, hash)] = xlsxtest.Lock{KeyBits: bits, Hash: hash, Spins: 10}
		}
	}
	return locks
}

// replace changes text in EncryptionInfo.
func replace(old, by string, n int) func([]byte) []byte {
	return func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(by), n) }
}

// TestProtectedWorkbooksAreRead reads each kind of protection: the smallest workbook, whose package
// is a short stream, and one of 500 rows.
func TestProtectedWorkbooksAreRead(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	for name, lock := range every() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, n := range []int{1, 500} {
				plain := tenderBook(n).zipped(t)
				want, err := dump(plain)
				if err != nil {
					t.Fatal(err)
				}
				locked := lock.Protect(plain, secret)
				got, err := dumpLocked(locked, secret)
				if err != nil || !slices.Equal(got, want) {
					t.Errorf("%d rows: %v", n, err)
				}
				wantLocked(t, locked, "", fault.RuleProtected, "none was given")
				wantLocked(t, locked, secret+" ", fault.RulePassword, "does not open")
				wantLocked(t, locked, strings.ToLower(secret), fault.RulePassword, "capitals")
			}
		})
	}
}

// TestPackagesOfEverySize goes over the borders of blocks, of segments and of the short streams.
func TestPackagesOfEverySize(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	for _, base := range []int{0, 4060, 8170} {
		for more := range 40 {
			content := sized(base + more)
			if base > 0 && len(content) != base+more {
				t.Fatalf("%d bytes, not %d", len(content), base+more)
			}
			locks := []xlsxtest.Lock{{}}
			if more%8 == 0 { // the 50,000 rounds of standard encryption take their time
				locks = append(locks, xlsxtest.Lock{Standard: true})
			}
			for _, lock := range locks {
				if _, err := dumpLocked(lock.Protect(content, secret), secret); err != nil {
					t.Fatalf("%d bytes: %v", len(content), err)
				}
			}
		}
	}
}

// sized is a workbook of a number of bytes, or the smallest there is.
func sized(bytes int) []byte {
	pad := packedEntry{name: "pad.bin", stored: true}
	p := packed{entries: []packedEntry{pad}}
	for _, f := range (book{}).parts() {
		p.entries = append(p.entries, packedEntry{name: f.name, content: f.content})
	}
	p.entries[0].content = strings.Repeat("x", max(0, bytes-len(p.bytes())))
	return p.bytes()
}

// TestLongProtectedWorkbook has a compound file whose header cannot list its whole FAT.
func TestLongProtectedWorkbook(t *testing.T) {
	noise := make([]byte, 9<<20)
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	b := tenderBook(3)
	b.files = []file{{"noise.bin", string(noise)}}
	plain := b.zipped(t)
	for _, lock := range []xlsxtest.Lock{{}, {Wide: true}} {
		locked := lock.Protect(plain, secret)
		if difats := binary.LittleEndian.Uint32(locked[72:]); (difats > 0) == lock.Wide {
			t.Fatalf("%d sectors of DIFAT", difats)
		}
		if rows, err := dumpLocked(locked, secret); err != nil || len(rows) != 3 {
			t.Errorf("%d rows, %v", len(rows), err)
		}
	}
}

func TestProtection(t *testing.T) {
	plain := tenderBook(1).zipped(t)
	for want, b := range map[Protection][]byte{
		Unprotected: plain,
		Agile:       xlsxtest.Lock{}.Protect(plain, secret),
		Standard:    xlsxtest.Lock{Standard: true}.Protect(plain, secret),
	} {
		w, err := OpenProtected(bytes.NewReader(b), int64(len(b)), secret, DefaultLimits())
		if err != nil || w.Protection() != want {
			t.Errorf("%q: %v", want, err)
		}
	}
	if _, err := OpenProtected(bytes.NewReader([]byte("%PDF-")), 5, secret, DefaultLimits()); !isRule(err,
		fault.RulePDF) {
		t.Errorf("a PDF with a password: %v", err)
	}
}

// TestExcelizeAgrees writes with one and reads with the other, both ways.
func TestExcelizeAgrees(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	plain := tenderBook(500).zipped(t)
	locked, err := excelize.Encrypt(plain, &excelize.Options{Password: secret})
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := dumpLocked(locked, secret); err != nil || len(rows) != 500 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	wantLocked(t, locked, "another", fault.RulePassword, "")
	for name, lock := range every() {
		if (lock.KeyBits == 192 && !lock.Standard) || lock.KeyHash != "" || strings.Contains(name, "hyphen") ||
			strings.Contains(name, "certificates") {
			continue // excelize takes the padding of a key of 24 bytes for a part of it, and does not know the others
		}
		got, err := excelize.Decrypt(lock.Protect(plain, secret), &excelize.Options{Password: secret})
		if err != nil || !bytes.HasPrefix(got, plain) {
			t.Errorf("%s: excelize does not read what the tests write: %v", name, err)
		}
	}
}

// TestExcelFiles reads protected workbooks that Excel wrote; they lie among the tests of a module we
// depend on.
func TestExcelFiles(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/xuri/excelize/v2").Output()
	if err != nil {
		t.Skip("the go command does not say where the module is")
	}
	for name, want := range map[string]Protection{"encryptSHA1.xlsx": Agile, "encryptSHA512.xlsx": Agile,
		"encryptAES.xlsx": Standard} {
		b, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "test", name))
		if err != nil {
			t.Skip(err)
		}
		w, err := OpenProtected(bytes.NewReader(b), int64(len(b)), "password", DefaultLimits())
		if err != nil || w.Protection() != want {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if rows, err := rowsOf(w); err != nil || len(rows) != 1 || !strings.Contains(rows[0], "SECRET") {
			t.Errorf("%s: %q, %v", name, rows, err)
		}
		wantLocked(t, b, "Password", fault.RulePassword, "")
	}
}

// TestKnownKeys derives keys of documents that Office protected with "Password1234_". The figures are
// published with another reader of these files, msoffcrypto-tool.
func TestKnownKeys(t *testing.T) {
	password := passwordBytes("Password1234_")
	key := suite{hash: sha512.New, hashBytes: 64, keyBytes: 32,
		salt: []byte("Lr]E\xdca\x0f\x93\x94\x12\xa0M\xa7\x91\x04f")}
	base := spun(key.hash, key.salt, password, 100_000)
	block := mustAES(t, key.digest(base, blockSecret)[:32])
	got := decryptCBC(block,
		key.salt, []byte("\xa1l\xd5\x16Zz\xb9\xd2q\x11>\xd3\x86\xa7\x8c\xf4\x96\x92\xe8\xe5'\xb0\xc5\xfc\x00U\xed\x08\x0b|\xb9K"))
	if want := "\x40\x20\x66\x09\xd9\xfa\xad\xf2K\x07j\xeb\xf2\xc45\xb7B\x92\xc8\xb8\xa7\xaa\x81\xbcg\x9b\xe8\x97\x11\xb0*\xc2"; string(got) != want {
		t.Errorf("agile: the key is %x, want %x", got, want)
	}

	s := standard{
		keyBytes:     16,
		salt:         []byte("\xe8\x82fI\x0c[\xd1\xee\xbd+C\x94\xe3\xf80\xef"),
		verifier:     []byte("Qos.\x96o\xac\x17\xb1\xc5\xd7\xd8\xcc6\xc9("),
		verifierHash: []byte("+ah\xda\xbe)\x11\xad+\xd3|\x17Ft\\\x14\xd3\xcf\x1b\xb1@\xa4\x8fNo=#\x88\x08r\xb1j"),
	}
	if got := hex.EncodeToString(s.key(password)); got != "40b13a71f90b966e375408f2d181a1aa" {
		t.Errorf("standard: the key is %s", got)
	}
	if err := s.open(password, &encryptedPackage{}); err != nil {
		t.Error(err)
	}
	if err := s.open(passwordBytes("Password1234"), &encryptedPackage{}); !isRule(err, fault.RulePassword) {
		t.Error(err)
	}
}

// TestTampering changes the package of a sound agile file in every way that keeps the compound file
// sound.
func TestTampering(t *testing.T) {
	plain := tenderBook(500).zipped(t)
	for name, change := range map[string]func([]byte) []byte{
		"a bit":         func(b []byte) []byte { b[len(b)/2] ^= 4; return b },
		"the first bit": func(b []byte) []byte { b[8] ^= 1; return b },
		"the last bit":  func(b []byte) []byte { b[len(b)-1] ^= 0x80; return b },
		"the size":      func(b []byte) []byte { b[0] ^= 1; return b },
		"two segments exchanged": func(b []byte) []byte {
			return slices.Concat(b[:8], b[8+4096:8+8192], b[8:8+4096], b[8+8192:])
		},
		"a block more": func(b []byte) []byte { return append(b, make([]byte, 16)...) },
		"a byte more":  func(b []byte) []byte { return append(b, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			locked := xlsxtest.Lock{Package: change}.Protect(plain, secret)
			wantLocked(t, locked, secret, fault.RuleTampered, "do not use it")
			wantLocked(t, locked, "other", fault.RulePassword, "") // the password comes first
		})
	}
	swap := xlsxtest.Lock{Standard: true, Package: func(b []byte) []byte { b[8] ^= 1; return b }}
	wantLocked(t, swap.Protect(plain, secret), secret, fault.RuleTampered, "no archive")
	wantLocked(t, xlsxtest.Lock{}.Protect([]byte("no workbook"), secret), secret, fault.RuleOther, "not a workbook")
	wantLocked(t, xlsxtest.Lock{}.Protect(zipFiles(t, []file{{"a", "b"}}), secret), secret, fault.RuleZip,
		"zip archive")
}

// TestPackageSizes holds the size that the package gives against its bytes. Bytes behind the last
// block, which some writers add and the HMAC covers, do no harm.
func TestPackageSizes(t *testing.T) {
	plain := tenderBook(20).zipped(t)
	size := func(n uint64) func([]byte) []byte {
		return func(b []byte) []byte { binary.LittleEndian.PutUint64(b, n); return b }
	}
	for name, change := range map[string]func([]byte) []byte{
		"nothing":        func([]byte) []byte { return nil },
		"only a size":    func(b []byte) []byte { return b[:8] },
		"half a size":    func(b []byte) []byte { return b[:4] },
		"a block less":   func(b []byte) []byte { return b[:len(b)-16] },
		"a byte less":    func(b []byte) []byte { return b[:len(b)-1] },
		"a huge size":    size(1 << 40),
		"the largest":    size(1<<64 - 1),
		"below zero":     size(1 << 63),
		"much too short": func(b []byte) []byte { return append(b, make([]byte, 4097)...) },
	} {
		t.Run(name, func(t *testing.T) {
			wantLocked(t, xlsxtest.Lock{Package: change}.Protect(plain, secret), secret, fault.RuleCompound, "")
		})
	}
	if _, err := dumpLocked(xlsxtest.Lock{Standard: true,
		Package: func(b []byte) []byte { return append(b, make([]byte, 4096)...) }}.Protect(plain, secret),
		secret); err != nil {
		t.Errorf("bytes behind the last block: %v", err)
	}
}

// TestAgileParameters changes EncryptionInfo. Everything wrong with it is found before the password.
func TestAgileParameters(t *testing.T) {
	plain := tenderBook(1).zipped(t)
	first := func(old, by string) func([]byte) []byte { return replace(old, by, 1) }
	for _, tt := range []struct {
		name   string
		change func([]byte) []byte
		rule   fault.Rule
		says   string
	}{
		{"nothing", func([]byte) []byte { return nil }, fault.RuleEncryption, "0 bytes"},
		{"a version to come", func(b []byte) []byte { b[0] = 5; return b }, fault.RuleEncryption, "5.4"},
		{"extensible encryption", func(b []byte) []byte { b[2] = 3; return b }, fault.RuleEncryption, "4.3"},
		{"other flags", func(b []byte) []byte { b[4] = 0; return b }, fault.RuleEncryption, "flags"},
		{"no XML", func(b []byte) []byte { return b[:8] }, fault.RuleXML, "no content"},
		{"XML cut off", func(b []byte) []byte { return b[:len(b)-5] }, fault.RuleXML, "ends within"},
		{"a second root", func(b []byte) []byte { return append(b, "<a/>"...) }, fault.RuleXML, ""},
		{"a document type", first("<encryption", "<!DOCTYPE a><encryption"), fault.RuleXML, "DOCTYPE"},
		{"another root", replace("encryption>", "encryptions>", 1), fault.RuleXML, ""},
		{"another namespace", first("office/2006/encryption", "office/2007/encryption"), fault.RuleStructure, "root"},
		{"no key data", func(b []byte) []byte {
			i, j := bytes.Index(b, []byte("<keyData")), bytes.Index(b, []byte("<dataInt"))
			return append(b[:i:i], b[j:]...)
		}, fault.RuleEncryption, "lacks"},
		{"no integrity", func(b []byte) []byte {
			i, j := bytes.Index(b, []byte("<dataInt")), bytes.Index(b, []byte("<keyEncryptors"))
			return append(b[:i:i], b[j:]...)
		}, fault.RuleEncryption, "dataIntegrity false"},
		{"integrity twice", func(b []byte) []byte {
			i, j := bytes.Index(b, []byte("<dataInt")), bytes.Index(b, []byte("<keyEncryptors"))
			return slices.Concat(b[:j], b[i:])
		}, fault.RuleEncryption, "twice"},
		{"only keys under certificates", first("keyEncryptor/password\">", "keyEncryptor/certificate\">"),
			fault.RuleEncryption, "password false"},
		{"two keys under passwords", func(b []byte) []byte {
			i, j := bytes.Index(b, []byte("<keyEncryptor ")), bytes.Index(b, []byte("</keyEncryptors"))
			return slices.Concat(b[:j], b[i:])
		}, fault.RuleEncryption, "twice"},
		{"no key", first("<p:encryptedKey ", "<p:encryptedKeys "), fault.RuleEncryption, "not known"},
		{"something in the key", first("/></keyEncryptor>", "><a/></p:encryptedKey></keyEncryptor>"),
			fault.RuleEncryption, "not known"},
		{"text in between", first("<keyEncryptors>", "<keyEncryptors>x"), fault.RuleStructure, "text"},
		{"an unknown element", first("<keyEncryptors>", "<keyDate/><keyEncryptors>"), fault.RuleEncryption, "keyDate"},
		{"an unknown attribute", first("saltSize=", `salt="1" saltSize=`), fault.RuleEncryption, "salt"},
		{"an attribute twice", first("saltSize=", `saltSize="16" saltSize=`), fault.RuleXML, "twice"},
		{"an attribute less", first(`keyBits="256"`, ""), fault.RuleEncryption, "lacks keyBits"},
		{"another cipher", first(`"AES"`, `"RC4"`), fault.RuleEncryption, "RC4"},
		{"another chaining", first("ModeCBC", "ModeCFB"), fault.RuleEncryption, "ModeCFB"},
		{"an unknown hash", first(`"SHA512"`, `"MD5"`), fault.RuleEncryption, "MD5"},
		{"a hash of another size", first(`hashSize="64"`, `hashSize="32"`), fault.RuleEncryption, "32"},
		{"a longer key", first(`keyBits="256"`, `keyBits="512"`), fault.RuleEncryption, "512"},
		{"a shorter key", first(`keyBits="256"`, `keyBits="128"`), fault.RuleEncryption, "encryptedKeyValue"},
		{"no bits", first(`keyBits="256"`, `keyBits="0"`), fault.RuleEncryption, "0 bits"},
		{"another block", first(`blockSize="16"`, `blockSize="8"`), fault.RuleEncryption, "8 bytes"},
		{"another salt's size", first(`saltSize="16"`, `saltSize="17"`), fault.RuleEncryption, "17"},
		{"no salt", first(`saltSize="16"`, `saltSize="0"`), fault.RuleEncryption, "salt"},
		{"a size below zero", first(`saltSize="16"`, `saltSize="-16"`), fault.RuleEncryption, "-16"},
		{"a size that is no number", first(`saltSize="16"`, `saltSize="0x10"`), fault.RuleEncryption, "0x10"},
		{"a size beyond all", first(`saltSize="16"`, `saltSize="99999999999999999999"`), fault.RuleEncryption, "999"},
		{"a salt that is not base 64", first(`saltValue="`, `saltValue="*`), fault.RuleEncryption, "base 64"},
		{"an integrity that is too short", first(`encryptedHmacKey="`, `encryptedHmacKey="" x="`), fault.RuleEncryption,
			""},
		{"a verifier that is too long", first(`encryptedVerifierHashInput="`, `encryptedVerifierHashInput="AAAA`),
			fault.RuleEncryption, "19 bytes"},
		{"too many spins", first(`spinCount="0"`, `spinCount="1000001"`), fault.RuleLimit, "1000000"},
		{"spins for ever", first(`spinCount="0"`, `spinCount="4294967295"`), fault.RuleEncryption, "4294967295"},
		{"spins below zero", first(`spinCount="0"`, `spinCount="-1"`), fault.RuleEncryption, "-1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			wantLocked(t, xlsxtest.Lock{Info: tt.change}.Protect(plain, secret), "not the password", tt.rule, tt.says)
			if took := time.Since(start); took > time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func TestStandardParameters(t *testing.T) {
	plain := tenderBook(1).zipped(t)
	put := func(at int, value uint32) func([]byte) []byte {
		return func(b []byte) []byte { binary.LittleEndian.PutUint32(b[at:], value); return b }
	}
	for _, tt := range []struct {
		name   string
		change func([]byte) []byte
		says   string
	}{
		{"a version before", func(b []byte) []byte { b[0] = 2; return b }, "2.2"},
		{"only a version", func(b []byte) []byte { return b[:8] }, "stops"},
		{"flags of RC4", put(4, 0x04), "other than AES"},
		{"flags of a foreign cipher", put(4, 0x34), "other than AES"},
		{"a longer header", put(8, 1000), "1000"},
		{"a huge header", put(8, 1<<32-2), ""},
		{"a short header", put(8, 32), "32"},
		{"flags of another kind in the header", put(12, 0x3C), "contradicts"},
		{"more in the header", put(16, 4), "contradicts"},
		{"RC4", put(20, 0x6801), "0x6801"},
		{"a key that is not the cipher's", put(28, 256), "256"},
		{"another hash", put(24, 0x800C), "0x800c"},
		{"a verifier cut off", func(b []byte) []byte { return b[:len(b)-1] }, ""},
		{"bytes behind", func(b []byte) []byte { return append(b, 0) }, ""},
		{"another salt", func(b []byte) []byte { return put(len(b)-72, 8)(b) }, "salt"},
		{"another hash's size", func(b []byte) []byte { return put(len(b)-36, 32)(b) }, "hash"},
		{"a name without end", func(b []byte) []byte { b[len(b)-74] = 1; return b }, "end"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantLocked(t, xlsxtest.Lock{Standard: true, Info: tt.change}.Protect(plain, secret), "not the password",
				fault.RuleEncryption, tt.says)
		})
	}
}

func TestLimitsOfProtectedWorkbooks(t *testing.T) {
	locked := xlsxtest.Lock{Spins: 11}.Protect(tenderBook(50).zipped(t), secret)
	for says, limits := range map[string]func(*Limits){
		"the limit is 10":             func(l *Limits) { l.Spins = 10 },
		"the limit is 1000":           func(l *Limits) { l.TotalBytes = 1000 },
		"inflates to more than 11000": func(l *Limits) { l.TotalBytes = 11000 },
		"the limit is 2":              func(l *Limits) { l.Entries = 2 },
	} {
		l := DefaultLimits()
		limits(&l)
		if _, err := dumpLimited(locked, secret, l); !isRule(err, fault.RuleLimit) ||
			!strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want %q", err, says)
		}
	}
}

func TestRightsManagementIsNamed(t *testing.T) {
	locked := xlsxtest.Lock{Edit: func(s []xlsxtest.Stream) []xlsxtest.Stream { return s[1:] }}.Protect(tenderBook(1).zipped(t), secret)
	wantLocked(t, locked, secret, fault.RuleEncryption, "rights management")
}

func mustAES(t *testing.T, key []byte) cipher.Block {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	return block
}

func TestSpunIsHashOfHash(t *testing.T) {
	want := sha1.Sum([]byte("salt" + "pass"))
	for i := range byte(3) {
		want = sha1.Sum(append([]byte{i, 0, 0, 0}, want[:]...))
	}
	if got := spun(sha1.New, []byte("salt"), []byte("pass"), 3); !bytes.Equal(got, want[:]) {
		t.Errorf("%x", got)
	}
}
