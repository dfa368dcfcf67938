// Package secret finds the secrets of an installation that runs workflows in
// its own process, keeps those of a server encrypted in a vault, lets a task
// rename them, and keeps their values out of what a task prints.
//
// It knows neither tasks nor where their output goes, and of stores only the
// contract that it wants from one.
package secret

import (
	"context"
	"errors"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/operator"
)

const (
	maxKey   = 255
	maxValue = 16 << 10
)

// CheckKey returns an Invalid error unless key can name a secret: segments of
// letters, digits, '_' and '-', with dots between them, each of which starts
// with a letter and ends with a letter or a digit, 255 bytes in all.
func CheckKey(key string) error {
	if validKey(key) {
		return nil
	}
	return model.Errorf(model.Invalid, "secret key %q is not valid", key).
		WithHint("a key is made of segments such as aws.s3.access_key_id: " +
			"letters, digits, '_' and '-', from a letter to a letter or digit")
}

func validKey(key string) bool {
	start := true
	for i := range len(key) {
		c := key[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		switch {
		case start:
			if !letter {
				return false
			}
			start = false
		case c == '.':
			if !alphanumeric(key[i-1]) {
				return false
			}
			start = true
		case !alphanumeric(c) && c != '_' && c != '-':
			return false
		}
	}
	return !start && len(key) <= maxKey && alphanumeric(key[len(key)-1])
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// checkValue returns an Invalid error unless value can be kept. The error
// does not show it.
func checkValue(key, value string) error {
	switch {
	case len(value) > maxValue:
		return model.Errorf(model.Invalid, "value of secret %q has %d bytes, more than %d", key, len(value), maxValue)
	case !utf8.ValidString(value):
		return model.Errorf(model.Invalid, "value of secret %q is not UTF-8 text", key)
	}
	return nil
}

// Map gives secrets from memory.
type Map map[string]string

// Secret returns the value, or operator.ErrNoSecret.
func (m Map) Secret(_ context.Context, key string) (string, error) {
	if v, ok := m[key]; ok {
		return v, nil
	}
	return "", operator.ErrNoSecret
}

// Chain asks one after another and takes the first value that there is.
type Chain []operator.Secrets

// Secret returns the value, operator.ErrNoSecret if nobody has it, or the
// first other error.
func (c Chain) Secret(ctx context.Context, key string) (string, error) {
	for _, s := range c {
		v, err := s.Secret(ctx, key)
		if !errors.Is(err, operator.ErrNoSecret) {
			return v, err
		}
	}
	return "", operator.ErrNoSecret
}

var (
	_ operator.Secrets = Map(nil)
	_ operator.Secrets = Chain(nil)
)
