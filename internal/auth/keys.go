package auth

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/pawlhq/pawl/internal/model"
)

const (
	minShared = 32   // bytes
	minRSA    = 2048 // bits
)

// Keys verify the signatures of JWTs. Each key is for its own algorithms and
// no others, whatever a token asks for.
type Keys []key

type key struct {
	id       string // empty if it has none
	algs     []string
	material any // as the library wants it
}

// SharedKey returns the key that signs and verifies with HS256, HS384 or
// HS512. One with less than 32 bytes is an Invalid error.
func SharedKey(secret []byte) (Keys, error) {
	if len(secret) < minShared {
		return nil, model.Errorf(model.Invalid, "shared key has %d bytes, less than %d", len(secret), minShared).
			WithHint("make one with: openssl rand -base64 32")
	}
	return Keys{{algs: []string{"HS256", "HS384", "HS512"}, material: secret}}, nil
}

// ParseKeys reads public keys, as PEM (any number of PUBLIC KEY blocks) or as
// a JSON Web Key Set: RSA of 2048 bits or more for RS256, P-256 for ES256,
// and Ed25519 for EdDSA. Keys of a set that are for something else are passed
// over. Anything else, and no key at all, is an Invalid error.
func ParseKeys(text []byte) (Keys, error) {
	parse := parsePEM
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		parse = parseSet
	}
	keys, err := parse(text)
	if err == nil && len(keys) == 0 {
		err = errors.New("no public key found")
	}
	if err != nil {
		return nil, model.Errorf(model.Invalid, "%w", err).
			WithHint("give public keys of RSA, P-256 or Ed25519 as PEM, or a JSON Web Key Set")
	}
	return keys, nil
}

func parsePEM(text []byte) (Keys, error) {
	var keys Keys
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return keys, nil
		}
		if block.Type != "PUBLIC KEY" {
			return nil, fmt.Errorf("a PEM block is %q, not PUBLIC KEY", block.Type)
		}
		public, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, errors.New("a PEM block holds no public key")
		}
		k, err := publicKey("", public)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
}

// publicKey gives a key the one algorithm that it is for.
func publicKey(id string, public any) (key, error) {
	switch p := public.(type) {
	case *rsa.PublicKey:
		if bits := p.N.BitLen(); bits < minRSA {
			return key{}, fmt.Errorf("an RSA key has %d bits, less than %d", bits, minRSA)
		}
		return key{id: id, algs: []string{"RS256"}, material: p}, nil
	case *ecdsa.PublicKey:
		if p.Curve == elliptic.P256() {
			return key{id: id, algs: []string{"ES256"}, material: p}, nil
		}
	case ed25519.PublicKey:
		return key{id: id, algs: []string{"EdDSA"}, material: p}, nil
	}
	return key{}, errors.New("a public key is of a kind that is not accepted")
}
