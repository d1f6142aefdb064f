package xlsx

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
	"unicode/utf16"

	"tenderbatch/internal/xlsx/compound"
	"tenderbatch/internal/xlsx/fault"
)

// Protection is how the content of a workbook is protected by a password ([MS-OFFCRYPTO]).
type Protection string

// The kinds of protection that are read.
const (
	Unprotected Protection = ""
	Agile       Protection = "agile"    // Excel 2010 and newer: AES-CBC, and an HMAC over everything
	Standard    Protection = "standard" // Excel 2007: AES-ECB, without a check of integrity
)

// Protection returns how the workbook was protected.
func (w *Workbook) Protection() Protection { return w.protection }

const (
	infoStream    = "EncryptionInfo"
	packageStream = "EncryptedPackage"

	maxInfo       = 1 << 20 // bytes of EncryptionInfo; it has about a thousand
	cipherBlock   = 16      // bytes of a block of AES
	segmentBytes  = 4096    // of the package that agile encryption chains together
	maxPadding    = 4096    // bytes that some writers add after the last block
	lenSizeField  = 8       // of the package's size, ahead of its data
	askProtection = "; ask for it protected by a current Excel, or without a password"
)

// OpenProtected is [Open] for a workbook that a password protects. A workbook that is not protected
// is read as it is, whatever the password; see [Workbook.Protection]. Without a password, "", a
// protected one is refused with [RuleProtected].
//
// What is wrong is found in this order, and each before the next is looked at: the parameters
// ([RuleCompound], [RuleEncryption], [RuleLimit]), the password ([RulePassword]), the integrity of the
// whole package ([RuleTampered]), then the content, as of any workbook. Standard encryption has no
// check of integrity: there the checksums (CRC-32) of the archive's parts are what finds damage, and
// they do not keep out a person who forges them.
//
// The decrypted archive is held in memory; the file is no longer needed. No error holds the password.
func OpenProtected(r io.ReaderAt, size int64, password string, limits Limits) (*Workbook, error) {
	err := refuseForeign(r, size)
	if isRule(err, fault.RuleProtected) && password != "" {
		return openEncrypted(r, size, password, limits)
	}
	if err != nil {
		return nil, err
	}
	return openPackage(r, size, limits)
}

// openEncrypted opens the workbook in an encrypted package.
func openEncrypted(r io.ReaderAt, size int64, password string, limits Limits) (*Workbook, error) {
	// Nothing shrinks by encryption, so this bounds the decrypted size as well.
	if size > limits.TotalBytes {
		return nil, fault.New(fault.RuleLimit, "", "the protected file has %d bytes; the limit is %d", size,
			limits.TotalBytes)
	}
	scheme, p, err := readProtection(r, size, limits)
	if err != nil {
		return nil, err
	}
	if err := scheme.open(passwordBytes(password), p); err != nil {
		return nil, err
	}
	content := p.data[:p.size]
	if !bytes.HasPrefix(content, []byte("PK\x03\x04")) {
		return nil, scheme.noArchive()
	}
	w, err := openPackage(bytes.NewReader(content), p.size, limits)
	if err != nil {
		return nil, err
	}
	w.protection = scheme.kind()
	return w, nil
}

// scheme is one of the two kinds of encryption, with the parameters of a file.
type scheme interface {
	kind() Protection
	// open checks the password and, where the scheme can, the package's integrity; then it decrypts
	// the package in place.
	open(password []byte, p *encryptedPackage) error
	// noArchive is what it means that the decrypted content is no archive.
	noArchive() error
}

// encryptedPackage is the stream with the encrypted archive.
type encryptedPackage struct {
	all  []byte // the whole stream, over which the HMAC goes
	data []byte // the part of it that is encrypted: whole blocks
	size int64  // of the archive, in bytes
}

// readProtection reads the two streams of a protected file and checks all that can be checked
// without a password.
func readProtection(r io.ReaderAt, size int64, limits Limits) (scheme, *encryptedPackage, error) {
	c, err := compound.Open(r, size)
	if err != nil {
		return nil, nil, err
	}
	info, err := c.Stream(infoStream, maxInfo)
	if err != nil {
		return nil, nil, err
	}
	if info == nil {
		return nil, nil, fault.New(fault.RuleEncryption, "",
			"the workbook is protected, but not by a password (perhaps by rights management); ask for it without "+
				"that protection")
	}
	s, err := readScheme(info, limits)
	if err != nil {
		return nil, nil, err
	}
	all, err := c.Stream(packageStream, limits.TotalBytes)
	if err != nil {
		return nil, nil, err
	}
	p, err := newPackage(all)
	return s, p, err
}

// readScheme reads EncryptionInfo, whose first bytes say what the rest is.
func readScheme(info []byte, limits Limits) (scheme, error) {
	if len(info) < 8 {
		return nil, badInfo("it has %d bytes", len(info))
	}
	le := binary.LittleEndian
	major, minor, flags := le.Uint16(info), le.Uint16(info[2:]), le.Uint32(info[4:])
	switch {
	case major == 4 && minor == 4:
		if flags != agileFlags {
			return nil, badInfo("its flags are %#x", flags)
		}
		return readAgile(info[8:], limits)
	case (major == 3 || major == 4) && minor == 2:
		return readStandard(info[4:])
	}
	return nil, unknownProtection("encryption of version %d.%d", major, minor)
}

// newPackage takes the stream apart and compares the size it gives with the bytes there are.
func newPackage(all []byte) (*encryptedPackage, error) {
	if len(all) < lenSizeField {
		return nil, fault.New(fault.RuleCompound, packageStream,
			"the file is damaged: its package is missing or cut off; ask for it to be sent again")
	}
	size, there := binary.LittleEndian.Uint64(all), uint64(len(all)-lenSizeField)
	if size > there || roundUp(size) > there || there-roundUp(size) > maxPadding {
		return nil, fault.New(fault.RuleCompound, packageStream,
			"the file is damaged: it says that %d bytes are encrypted, and has %d; ask for it to be sent again", size,
			there)
	}
	return &encryptedPackage{all, all[lenSizeField : lenSizeField+roundUp(size)], int64(size)}, nil
}

// roundUp is n rounded up to whole blocks.
func roundUp[N int | uint64](n N) N { return (n + cipherBlock - 1) / cipherBlock * cipherBlock }

// passwordBytes is a password as it is hashed: UTF-16, without a mark at its front.
func passwordBytes(password string) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(password)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return b
}

// badInfo is a fault of EncryptionInfo as a whole.
func badInfo(format string, args ...any) error {
	e := fault.New(fault.RuleEncryption, infoStream,
		"the description of how the workbook is protected is damaged: "+format, args...)
	e.Msg += "; ask for the file to be sent again"
	return e
}

// unknownProtection refuses parameters that are not read here.
func unknownProtection(format string, args ...any) error {
	e := fault.New(fault.RuleEncryption, infoStream, "the workbook is protected by "+format+", which is not supported",
		args...)
	e.Msg += askProtection
	return e
}

// The two answers to a password and a package that do not fit. They are made again each time, as
// callers may change an error.
func wrongPassword() error {
	return fault.New(fault.RulePassword, "",
		"the password does not open the workbook; check it with the sender (capitals and spaces count)")
}

func tampered(what string) error {
	return fault.New(fault.RuleTampered, packageStream,
		"the workbook was changed or damaged after it was protected: %s; do not use it, and ask its sender for it "+
			"again", what)
}

// fit cuts b to n bytes or fills it up to them, as keys and initialisation vectors are.
func fit(b []byte, n int) []byte {
	if len(b) >= n {
		return b[:n]
	}
	return append(slices.Clone(b), bytes.Repeat([]byte{0x36}, n-len(b))...)
}
