package xlsx

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
)

// Standard encryption ([MS-OFFCRYPTO] 2.3.4.5 to 2.3.4.9).

const (
	standardSpins = 50_000
	standardSalt  = 16
	algSHA1       = 0x8004

	flagCryptoAPI = 1 << 2
	flagExternal  = 1 << 4 // by something that is not part of Office
	flagAES       = 1 << 5

	lenStandardHeader = 32                             // without the provider's name
	lenVerifier       = 4 + standardSalt + 16 + 4 + 32 // salt, verifier, and the verifier's hash in whole blocks
)

// keysOfAES is the bits of a key by the number of its algorithm.
var keysOfAES = map[uint32]uint32{0x660E: 128, 0x660F: 192, 0x6610: 256}

// standard is the parameters of standard encryption, all checked.
type standard struct {
	keyBytes     int
	salt         []byte
	verifier     []byte // encrypted
	verifierHash []byte // encrypted
}

func (s *standard) kind() Protection { return Standard }

// noArchive blames the file: nothing but the archive's own checksums shows damage here.
func (s *standard) noArchive() error {
	return tampered("the password is right, but what it opens is no archive")
}

// readStandard reads EncryptionInfo from its flags on: those, the header's size, the header and the
// verifier.
func readStandard(info []byte) (*standard, error) {
	le := binary.LittleEndian
	if len(info) < 8 {
		return nil, badInfo("it stops before its header")
	}
	flags, size := le.Uint32(info), int64(le.Uint32(info[4:]))
	header := info[8:]
	if size < lenStandardHeader+2 || size%2 != 0 || size+lenVerifier != int64(len(header)) {
		return nil, badInfo("its header has %d bytes of %d", size, len(header))
	}
	keyBits, err := readStandardHeader(header[:size], flags)
	if err != nil {
		return nil, err
	}
	v := header[size:]
	salt, verifier, hash := v[4:], v[4+standardSalt:], v[4+standardSalt+16:]
	if n := le.Uint32(v); n != standardSalt {
		return nil, badInfo("its salt has %d bytes, not %d", n, standardSalt)
	}
	if n := le.Uint32(hash); n != sha1.Size {
		return nil, badInfo("its hash has %d bytes, not %d", n, sha1.Size)
	}
	return &standard{int(keyBits / 8), salt[:standardSalt], verifier[:16], hash[4:]}, nil
}

// readStandardHeader checks the algorithms and returns the bits of the key.
func readStandardHeader(h []byte, flags uint32) (uint32, error) {
	le := binary.LittleEndian
	if flags&flagExternal != 0 || flags&flagCryptoAPI == 0 || flags&flagAES == 0 {
		return 0, unknownProtection("a cipher other than AES (flags %#x)", flags)
	}
	cipher, hash, keyBits := le.Uint32(h[8:]), le.Uint32(h[12:]), le.Uint32(h[16:])
	if keysOfAES[cipher] == 0 || keysOfAES[cipher] != keyBits {
		return 0, unknownProtection("the cipher %#x with keys of %d bits", cipher, keyBits)
	}
	if hash != algSHA1 && hash != 0 {
		return 0, unknownProtection("the hash %#x", hash)
	}
	if le.Uint32(h) != flags || le.Uint32(h[4:]) != 0 || le.Uint32(h[28:]) != 0 {
		return 0, badInfo("its header contradicts itself")
	}
	if !bytes.HasSuffix(h, []byte{0, 0}) {
		return 0, badInfo("the name of its provider has no end")
	}
	return keyBits, nil
}

// open implements scheme. There is no check of integrity to make.
func (s *standard) open(password []byte, p *encryptedPackage) error {
	block, err := aes.NewCipher(s.key(password))
	if err != nil {
		return badInfo("%v", err)
	}
	verifier, hash := bytes.Clone(s.verifier), bytes.Clone(s.verifierHash)
	decryptECB(block, verifier)
	decryptECB(block, hash)
	want := sha1.Sum(verifier)
	if !hmac.Equal(want[:], hash[:sha1.Size]) {
		return wrongPassword()
	}
	decryptECB(block, p.data)
	return nil
}

// key makes the key of a password.
func (s *standard) key(password []byte) []byte {
	base := spun(sha1.New, s.salt, password, standardSpins)
	last := sha1.Sum(append(base, 0, 0, 0, 0))
	var key []byte
	for _, fill := range []byte{0x36, 0x5C} {
		block := bytes.Repeat([]byte{fill}, sha1.BlockSize)
		for i, b := range last {
			block[i] ^= b
		}
		part := sha1.Sum(block)
		key = append(key, part[:]...)
	}
	return key[:s.keyBytes]
}

// decryptECB decrypts whole blocks in place, each on its own.
func decryptECB(block cipher.Block, b []byte) {
	for ; len(b) >= cipherBlock; b = b[cipherBlock:] {
		block.Decrypt(b, b)
	}
}
