package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
)

// KeySetting is the setting that holds the keys of a Ring.
const KeySetting = "digdag.secret-encryption-key"

// Lengths of keys: Digdag's, for AES-128, and ours, for AES-256.
const (
	shortKey = 16
	longKey  = 32
)

// Ring is the keys that stored secrets are encrypted with. The first one
// encrypts, all decrypt. The zero Ring has none. It is printed without its
// keys.
type Ring struct{ keys []ringKey }

type ringKey struct {
	id   string
	aead cipher.AEAD
}

// ParseRing reads the keys of KeySetting: 16 or 32 random bytes each, in
// base64, with commas between them. An empty text has none. Errors are
// Invalid and do not show a key.
func ParseRing(text string) (Ring, error) {
	var r Ring
	if strings.TrimSpace(text) == "" {
		return r, nil
	}
	parts := strings.Split(text, ",")
	for i, part := range parts {
		key, err := parseKey(strings.TrimSpace(part))
		if err != nil {
			return Ring{}, model.Errorf(model.Invalid, "%s: key %d of %d %w", KeySetting, i+1, len(parts), err).
				WithHint("a key is 32 random bytes in base64 (16 for one that Digdag shares), as from: openssl rand -base64 32")
		}
		r.keys = append(r.keys, key)
	}
	return r, nil
}

func parseKey(text string) (ringKey, error) {
	// As for Digdag, the padding may be left out.
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return ringKey{}, errors.New("is not base64")
	}
	if len(raw) != shortKey && len(raw) != longKey {
		return ringKey{}, fmt.Errorf("has %d bytes, not %d or %d", len(raw), shortKey, longKey)
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return ringKey{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return ringKey{}, err
	}
	return ringKey{id: keyID(raw), aead: aead}, nil
}

// keyID returns a name for a key that gives nothing of it away.
func keyID(raw []byte) string {
	sum := sha256.Sum256(append([]byte("pawl key id\x00"), raw...))
	return hex.EncodeToString(sum[:4])
}

// Empty reports whether r has no key.
func (r Ring) Empty() bool { return len(r.keys) == 0 }

// Format keeps the keys out of whatever a Ring is printed to.
func (r Ring) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "ring of %d keys", len(r.keys))
}
