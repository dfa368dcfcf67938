package auth

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// webKey is one key of a JSON Web Key Set.
type webKey struct {
	Type  string `json:"kty"`
	Use   string `json:"use"`
	Alg   string `json:"alg"`
	ID    string `json:"kid"`
	Curve string `json:"crv"`
	N     string `json:"n"`
	E     string `json:"e"`
	X     string `json:"x"`
	Y     string `json:"y"`
	D     string `json:"d"`
}

func parseSet(text []byte) (Keys, error) {
	var set struct {
		Keys []webKey `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, errors.New("the key set is not JSON of the right form")
	}
	var keys Keys
	for _, w := range set.Keys {
		if !w.usable() {
			continue
		}
		public, err := w.public()
		if err != nil {
			return nil, fmt.Errorf("key %q of the set %w", w.ID, err)
		}
		k, err := publicKey(w.ID, public)
		if err != nil {
			return nil, fmt.Errorf("key %q of the set: %w", w.ID, err)
		}
		if w.Alg == "" || slices.Contains(k.algs, w.Alg) {
			keys = append(keys, k)
		}
	}
	return keys, nil
}

// usable reports whether w is of a kind that can verify tokens here.
func (w webKey) usable() bool {
	if w.Use != "" && w.Use != "sig" {
		return false
	}
	switch w.Type {
	case "RSA":
		return true
	case "EC":
		return w.Curve == "P-256"
	case "OKP":
		return w.Curve == "Ed25519"
	}
	return false
}

func (w webKey) public() (any, error) {
	if w.D != "" {
		return nil, errors.New("is a private key; give the public one")
	}
	switch w.Type {
	case "RSA":
		return w.rsa()
	case "EC":
		return w.ecdsa()
	}
	x, err := number(w.X)
	if err != nil || len(x) != ed25519.PublicKeySize {
		return nil, errBadKey
	}
	return ed25519.PublicKey(x), nil
}

var errBadKey = errors.New("is no valid key")

func (w webKey) rsa() (any, error) {
	n, err := number(w.N)
	e, exponentErr := number(w.E)
	if err != nil || exponentErr != nil || len(e) > 4 {
		return nil, errBadKey
	}
	public := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	if public.E < 3 || public.E%2 == 0 {
		return nil, errBadKey
	}
	return public, nil
}

func (w webKey) ecdsa() (any, error) {
	const size = 32
	x, err := number(w.X)
	y, yErr := number(w.Y)
	if err != nil || yErr != nil || len(x) != size || len(y) != size {
		return nil, errBadKey
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, x, y))
	if err != nil {
		return nil, errBadKey
	}
	return public, nil
}

func number(text string) ([]byte, error) { return base64.RawURLEncoding.DecodeString(text) }
