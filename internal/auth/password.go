package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// hashMark starts the text of a hash.
const hashMark = "$argon2id$"

// passwordHash is an argon2id hash. Memory is in KiB.
type passwordHash struct {
	memory, time uint32
	threads      uint8
	salt, sum    []byte
}

// HashPassword returns the argon2id hash of a password, as it can stand in
// the configuration in place of the password. To check one costs 64 MiB.
func HashPassword(password string) string {
	h := passwordHash{memory: 64 << 10, time: 3, threads: 4, salt: make([]byte, 16)}
	_, _ = rand.Read(h.salt) // never fails
	h.sum = h.of(password, 32)
	return h.String()
}

func (h passwordHash) of(password string, size int) []byte {
	return argon2.IDKey([]byte(password), h.salt, h.time, h.memory, h.threads, uint32(size))
}

func (h passwordHash) matches(password string) bool {
	return subtle.ConstantTimeCompare(h.of(password, len(h.sum)), h.sum) == 1
}

// String returns h in the usual form: $argon2id$v=19$m=65536,t=3,p=4$salt$sum.
func (h passwordHash) String() string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("%sv=%d$m=%d,t=%d,p=%d$%s$%s", hashMark, argon2.Version, h.memory, h.time, h.threads, b64(h.salt), b64(h.sum))
}

var errHash = errors.New("is not an argon2id hash of the form $argon2id$v=19$m=65536,t=3,p=4$salt$hash")

// parseHash reads what String wrote. Costs beyond what a server could bear
// are errors.
func parseHash(text string) (passwordHash, error) {
	var h passwordHash
	parts := strings.Split(strings.TrimPrefix(text, hashMark), "$")
	if len(parts) != 4 || parts[0] != fmt.Sprintf("v=%d", argon2.Version) {
		return h, errHash
	}
	_, err := fmt.Sscanf(parts[1], "m=%d,t=%d,p=%d", &h.memory, &h.time, &h.threads)
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[2])
	sum, sumErr := base64.RawStdEncoding.DecodeString(parts[3])
	if err != nil || saltErr != nil || sumErr != nil {
		return h, errHash
	}
	h.salt, h.sum = salt, sum
	switch {
	case h.memory < 8*uint32(h.threads) || h.memory > 1<<20, h.time < 1 || h.time > 64, h.threads < 1,
		len(salt) < 8 || len(salt) > 64, len(sum) < 16 || len(sum) > 64:
		return h, errors.New("is an argon2id hash with costs or lengths out of range")
	}
	return h, nil
}
