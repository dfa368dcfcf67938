package secret

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A record is the text
//
//	pawl1.<key id>.<nonce, ciphertext and tag in unpadded base64url>
//
// sealed with AES-GCM; additional data bind it to its place. A record that
// Digdag wrote is the base64 of "aesgcm", the version (1 or 2) and the term
// (1) as big-endian int32, a nonce of 12 bytes, ciphertext and tag. What it
// sealed is the length as int32, the value, and zeroes.
const (
	recordMark  = "pawl1."
	digdagMark  = "aesgcm"
	digdagStart = len(digdagMark) + 4 + 4
	digdagTerm  = 1
	sealSize    = 12 + 16 // nonce and tag
)

var (
	errDamaged = errors.New("is damaged")
	errNewer   = errors.New("is in a format that this version cannot read")
)

// otherKeyError says that no key of the ring fits.
type otherKeyError struct{ id string }

func (e otherKeyError) Error() string {
	if e.id == "" {
		return "is encrypted with a key that is not configured"
	}
	return "is encrypted with key " + e.id + ", which is not configured"
}

// record is what stands in a record's text.
type record struct {
	keyID  string // empty in Digdag's
	sealed []byte
}

func (r record) String() string {
	return recordMark + r.keyID + "." + base64.RawURLEncoding.EncodeToString(r.sealed)
}

func parseRecord(text string) (record, error) {
	rest, ok := strings.CutPrefix(text, recordMark)
	if !ok {
		return parseDigdag(text)
	}
	id, box, _ := strings.Cut(rest, ".")
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(box)
	if err != nil || id == "" || len(sealed) < sealSize {
		return record{}, errDamaged
	}
	return record{keyID: id, sealed: sealed}, nil
}

func parseDigdag(text string) (record, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) < digdagStart+sealSize || string(raw[:len(digdagMark)]) != digdagMark {
		return record{}, errDamaged
	}
	version := binary.BigEndian.Uint32(raw[len(digdagMark):])
	term := binary.BigEndian.Uint32(raw[len(digdagMark)+4:])
	if version < 1 || version > 2 || term != digdagTerm {
		return record{}, errNewer
	}
	return record{sealed: raw[digdagStart:]}, nil
}

// seal encrypts a value with the first key. The ring must not be empty.
func (r Ring) seal(p Place, value string) string {
	key := r.keys[0]
	return record{keyID: key.id, sealed: key.aead.Seal(nil, nil, []byte(value), p.bound())}.String()
}

// open decrypts a record. Current reports whether seal would use the same key
// and format.
func (r Ring) open(p Place, text string) (value string, current bool, err error) {
	rec, err := parseRecord(text)
	if err != nil {
		return "", false, err
	}
	if rec.keyID == "" {
		value, err = r.openDigdag(rec)
		return value, false, err
	}
	i := slices.IndexFunc(r.keys, func(k ringKey) bool { return k.id == rec.keyID })
	if i < 0 {
		return "", false, otherKeyError{rec.keyID}
	}
	plain, err := r.keys[i].aead.Open(nil, nil, rec.sealed, p.bound())
	if err != nil {
		return "", false, errDamaged
	}
	return string(plain), i == 0, nil
}

// openDigdag tries all keys: a record of Digdag does not name its own.
func (r Ring) openDigdag(rec record) (string, error) {
	for _, k := range r.keys {
		if plain, err := k.aead.Open(nil, nil, rec.sealed, nil); err == nil {
			return unpad(plain)
		}
	}
	return "", otherKeyError{}
}

func unpad(plain []byte) (string, error) {
	if len(plain) < 4 {
		return "", errDamaged
	}
	size, text := binary.BigEndian.Uint32(plain), plain[4:]
	if uint64(size) > uint64(len(text)) || !utf8.Valid(text[:size]) {
		return "", errDamaged
	}
	return string(text[:size]), nil
}

// bound is the data that tie a record to its place: moved to another one, it
// cannot be opened.
func (p Place) bound() []byte {
	return fmt.Appendf(nil, "%d %d %s %s", p.Project, len(p.Scope), p.Scope, p.Key)
}
