package xlsx

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"slices"
	"strconv"
	"strings"

	"tenderbatch/internal/xlsx/fault"
)

// Agile encryption ([MS-OFFCRYPTO] 2.3.4.10 to 2.3.4.15).

const (
	agileFlags  = 0x40
	uriPassword = "http://schemas.microsoft.com/office/2006/keyEncryptor/password"
	maxSalt     = 64 // bytes; writers use 16
)

// The constants that make different keys and vectors of one hash.
var (
	blockVerifierInput = []byte{0xFE, 0xA7, 0xD2, 0x76, 0x3B, 0x4B, 0x9E, 0x79}
	blockVerifierHash  = []byte{0xD7, 0xAA, 0x0F, 0x6D, 0x30, 0x61, 0x34, 0x4E}
	blockSecret        = []byte{0x14, 0x6E, 0x0B, 0xE7, 0xAB, 0xAC, 0xD0, 0xD6}
	blockHMACKey       = []byte{0x5F, 0xB2, 0xAD, 0x01, 0x0C, 0xB9, 0xE1, 0xF6}
	blockHMACValue     = []byte{0xA0, 0x67, 0x7F, 0x02, 0xB2, 0x2C, 0x84, 0x33}
)

// agile is the parameters of agile encryption, all checked; the byte strings are encrypted.
type agile struct {
	data      suite // of the package
	hmacKey   []byte
	hmacValue []byte

	key           suite // of the secret key, under the password
	spins         int   // rounds of hashing the password
	verifierInput []byte
	verifierHash  []byte
	secret        []byte
}

// suite is the algorithms and the salt that encrypt something. The cipher is AES in CBC mode.
type suite struct {
	hash      func() hash.Hash
	hashBytes int
	keyBytes  int
	salt      []byte
}

func (a *agile) kind() Protection { return Agile }

// noArchive says of content whose integrity is proven that it was something else from the start.
func (a *agile) noArchive() error {
	return fault.New(fault.RuleOther, "", "what the password opens is not a workbook"+askXLSX)
}

// open implements scheme.
func (a *agile) open(password []byte, p *encryptedPackage) error {
	secret, err := a.unlock(password)
	if err != nil {
		return err
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return badInfo("%v", err)
	}
	if !a.isWhole(block, p.all) {
		return tampered("its checksum under the password (HMAC) does not agree")
	}
	a.decrypt(block, p.data)
	return nil
}

// unlock checks the password and returns the key of the package.
func (a *agile) unlock(password []byte) ([]byte, error) {
	base := spun(a.key.hash, a.key.salt, password, a.spins)
	var plain [3][]byte
	for i, part := range []struct{ purpose, encrypted []byte }{
		{blockVerifierInput, a.verifierInput}, {blockVerifierHash, a.verifierHash}, {blockSecret, a.secret},
	} {
		block, err := aes.NewCipher(fit(a.key.digest(base, part.purpose), a.key.keyBytes))
		if err != nil {
			return nil, badInfo("%v", err)
		}
		plain[i] = decryptCBC(block, fit(a.key.salt, cipherBlock), part.encrypted)
	}
	input, digest, secret := plain[0], plain[1], plain[2]
	if !hmac.Equal(a.key.digest(input[:len(a.key.salt)]), digest[:a.key.hashBytes]) {
		return nil, wrongPassword()
	}
	return secret[:a.data.keyBytes], nil
}

// isWhole reports whether the package is as it was when it was protected.
func (a *agile) isWhole(block cipher.Block, all []byte) bool {
	key := decryptCBC(block, a.data.vector(blockHMACKey), a.hmacKey)
	value := decryptCBC(block, a.data.vector(blockHMACValue), a.hmacValue)
	mac := hmac.New(a.data.hash, key[:a.data.hashBytes])
	mac.Write(all)
	return hmac.Equal(mac.Sum(nil), value[:a.data.hashBytes])
}

// decrypt decrypts the package in place, segment by segment.
func (a *agile) decrypt(block cipher.Block, data []byte) {
	var number [4]byte
	for i := uint32(0); len(data) > 0; i++ {
		binary.LittleEndian.PutUint32(number[:], i)
		segment := data[:min(segmentBytes, len(data))]
		cipher.NewCBCDecrypter(block, a.data.vector(number[:])).CryptBlocks(segment, segment)
		data = data[len(segment):]
	}
}

// digest hashes byte strings one after another.
func (s *suite) digest(parts ...[]byte) []byte {
	h := s.hash()
	for _, b := range parts {
		h.Write(b)
	}
	return h.Sum(nil)
}

// vector is the initialisation vector for a purpose or a segment.
func (s *suite) vector(purpose []byte) []byte {
	return fit(s.digest(s.salt, purpose), cipherBlock)
}

// decryptCBC decrypts whole blocks.
func decryptCBC(block cipher.Block, vector, encrypted []byte) []byte {
	plain := make([]byte, len(encrypted))
	cipher.NewCBCDecrypter(block, vector).CryptBlocks(plain, encrypted)
	return plain
}

// spun hashes a password and then, again and again, the number of the round with the hash before.
func spun(newHash func() hash.Hash, salt, password []byte, rounds int) []byte {
	h := newHash()
	h.Write(salt)
	h.Write(password)
	buf := h.Sum(make([]byte, 4, 4+h.Size()))
	for i := range rounds {
		binary.LittleEndian.PutUint32(buf, uint32(i))
		h.Reset()
		h.Write(buf)
		buf = h.Sum(buf[:4])
	}
	return buf[4:]
}

// readAgile reads the XML of EncryptionInfo.
func readAgile(xml []byte, limits Limits) (*agile, error) {
	s := newScanner(bytes.NewReader(xml), infoStream, int64(len(xml)), limits)
	if err := s.root(nsCrypt, "encryption"); err != nil {
		return nil, err
	}
	var a agile
	var data, integrity, keys bool
	for {
		more, err := s.child()
		if err != nil {
			return nil, err
		}
		switch {
		case !more:
			if !data || !integrity || !keys {
				return nil, s.fault(fault.RuleEncryption,
					"the description of how the workbook is protected lacks a part (keyData %t, dataIntegrity %t, a "+
						"key under a password %t)"+askProtection, data, integrity, keys)
			}
			if err := s.finishDocument(); err != nil {
				return nil, err
			}
			return &a, a.checkLengths()
		case s.isIn(nsCrypt, "keyData") && !data:
			data = true
			err = a.readKeyData(s)
		case s.isIn(nsCrypt, "dataIntegrity") && !integrity:
			integrity = true
			err = a.readIntegrity(s)
		case s.isIn(nsCrypt, "keyEncryptors") && !keys:
			keys, err = a.readKeys(s, limits)
		default:
			err = s.misplaced()
		}
		if err != nil {
			return nil, err
		}
	}
}

// isIn reports whether the last tag is the element of that namespace and name.
func (s *scanner) isIn(ns namespace, local string) bool {
	return s.ns == ns && string(s.local) == local
}

func (s *scanner) misplaced() error {
	return s.fault(fault.RuleEncryption, "<%.40s> is not known, or is there twice", s.name)
}

func (a *agile) readKeyData(s *scanner) error {
	f, err := s.fields(suiteFields...)
	if err != nil {
		return err
	}
	if a.data, err = f.suite(); err != nil {
		return err
	}
	return s.closed()
}

func (a *agile) readIntegrity(s *scanner) error {
	f, err := s.fields("encryptedHmacKey", "encryptedHmacValue")
	if err != nil {
		return err
	}
	if a.hmacKey, err = f.bytes("encryptedHmacKey"); err != nil {
		return err
	}
	if a.hmacValue, err = f.bytes("encryptedHmacValue"); err != nil {
		return err
	}
	return s.closed()
}

// readKeys reads the keys by which the package's own can be had. Just one must be under a password;
// those under certificates are passed over.
func (a *agile) readKeys(s *scanner, limits Limits) (found bool, err error) {
	for {
		more, err := s.child()
		if !more || err != nil {
			return found, err
		}
		f, err := s.fields("uri")
		if err != nil {
			return false, err
		}
		switch {
		case !s.isIn(nsCrypt, "keyEncryptor"), f.value["uri"] == uriPassword && found:
			return false, s.misplaced()
		case f.value["uri"] == uriPassword:
			found = true
			err = a.readKey(s, limits)
		default:
			err = s.skip()
		}
		if err != nil {
			return false, err
		}
	}
}

// readKey reads the one child of the password's keyEncryptor.
func (a *agile) readKey(s *scanner, limits Limits) error {
	more, err := s.child()
	if err != nil {
		return err
	}
	if !more || !s.isIn(nsPassword, "encryptedKey") {
		return s.misplaced()
	}
	f, err := s.fields(slices.Concat(suiteFields,
		[]string{"spinCount", "encryptedVerifierHashInput", "encryptedVerifierHashValue", "encryptedKeyValue"})...)
	if err != nil {
		return err
	}
	if a.key, err = f.suite(); err != nil {
		return err
	}
	if a.spins, err = f.number("spinCount"); err != nil {
		return err
	}
	if a.spins > limits.Spins {
		return s.fault(fault.RuleLimit, "the password is to be hashed %d times; the limit is %d", a.spins, limits.Spins)
	}
	if a.verifierInput, err = f.bytes("encryptedVerifierHashInput"); err != nil {
		return err
	}
	if a.verifierHash, err = f.bytes("encryptedVerifierHashValue"); err != nil {
		return err
	}
	if a.secret, err = f.bytes("encryptedKeyValue"); err != nil {
		return err
	}
	if err := s.closed(); err != nil {
		return err
	}
	return s.closed()
}

// checkLengths compares the encrypted byte strings with what they must hold: whole blocks, and no
// block too many.
func (a *agile) checkLengths() error {
	for _, f := range []struct {
		name  string
		bytes []byte
		holds int
	}{
		{"encryptedVerifierHashInput", a.verifierInput, len(a.key.salt)},
		{"encryptedVerifierHashValue", a.verifierHash, a.key.hashBytes},
		{"encryptedKeyValue", a.secret, a.data.keyBytes},
		{"encryptedHmacKey", a.hmacKey, a.data.hashBytes},
		{"encryptedHmacValue", a.hmacValue, a.data.hashBytes},
	} {
		if len(f.bytes) != roundUp(f.holds) {
			return badInfo("%s has %d bytes, not %d", f.name, len(f.bytes), roundUp(f.holds))
		}
	}
	return nil
}

// closed demands that the last element has no more children.
func (s *scanner) closed() error {
	more, err := s.child()
	if more {
		return s.misplaced()
	}
	return err
}

// fields is the attributes of one element.
type fields struct {
	s     *scanner
	value map[string]string
}

// suiteFields are the attributes that a suite is read from.
var suiteFields = []string{"saltSize", "blockSize", "keyBits", "hashSize", "cipherAlgorithm", "cipherChaining",
	"hashAlgorithm", "saltValue"}

// fields takes the attributes of the last tag, which must be just those of these names.
func (s *scanner) fields(names ...string) (fields, error) {
	f := fields{s, make(map[string]string)}
	for i := range s.attrs {
		a := &s.attrs[i]
		if a.ns == nsXmlns {
			continue
		}
		if a.ns != nsNone || !slices.Contains(names, string(a.local)) {
			return f, s.fault(fault.RuleEncryption, "<%.40s> has the attribute %.40s, which is not known", s.name,
				a.name)
		}
		f.value[string(a.local)] = string(a.value)
	}
	for _, name := range names {
		if _, ok := f.value[name]; !ok {
			return f, s.fault(fault.RuleEncryption, "<%.40s> lacks %s", s.name, name)
		}
	}
	return f, nil
}

// number reads a whole number without sign.
func (f fields) number(name string) (int, error) {
	text := f.value[name]
	n, err := strconv.Atoi(text)
	if err != nil || len(text) > 9 || strings.ContainsAny(text, "+-") {
		return 0, f.s.fault(fault.RuleEncryption, "%s is %.40q, which is not a possible number", name, text)
	}
	return n, nil
}

// bytes reads a byte string in base 64.
func (f fields) bytes(name string) ([]byte, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(f.value[name])
	if err != nil {
		return nil, f.s.fault(fault.RuleEncryption, "%s is not in base 64", name)
	}
	return b, nil
}

// suite reads algorithms and salt, and refuses what is not read here.
func (f fields) suite() (suite, error) {
	var s suite
	var numbers [4]int
	for i, name := range []string{"saltSize", "blockSize", "keyBits", "hashSize"} {
		n, err := f.number(name)
		if err != nil {
			return s, err
		}
		numbers[i] = n
	}
	saltSize, blockSize, keyBits, hashSize := numbers[0], numbers[1], numbers[2], numbers[3]
	if f.value["cipherAlgorithm"] != "AES" || f.value["cipherChaining"] != "ChainingModeCBC" {
		return s, unknownProtection("%.40q with %.40q", f.value["cipherAlgorithm"], f.value["cipherChaining"])
	}
	if blockSize != cipherBlock || (keyBits != 128 && keyBits != 192 && keyBits != 256) {
		return s, unknownProtection("AES with keys of %d bits and blocks of %d bytes", keyBits, blockSize)
	}
	s.keyBytes = keyBits / 8
	if s.hash = hashOf(f.value["hashAlgorithm"]); s.hash == nil {
		return s, unknownProtection("the hash %.40q", f.value["hashAlgorithm"])
	}
	if s.hashBytes = s.hash().Size(); s.hashBytes != hashSize {
		return s, badInfo("a hash by %s does not have %d bytes", f.value["hashAlgorithm"], hashSize)
	}
	var err error
	if s.salt, err = f.bytes("saltValue"); err != nil {
		return s, err
	}
	if len(s.salt) != saltSize || saltSize < 1 || saltSize > maxSalt {
		return s, badInfo("a salt has %d bytes, is to have %d, and may have 1 to %d", len(s.salt), saltSize, maxSalt)
	}
	return s, nil
}

// hashOf returns a hash by its name; nil if it is not read here.
func hashOf(name string) func() hash.Hash {
	switch name {
	case "SHA1", "SHA-1":
		return sha1.New
	case "SHA256":
		return sha256.New
	case "SHA384":
		return sha512.New384
	case "SHA512":
		return sha512.New
	}
	return nil
}
