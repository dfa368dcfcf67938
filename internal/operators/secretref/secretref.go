// Package secretref puts secrets into the few texts where a task may refer to
// them as ${secret:KEY}.
//
// It knows neither which texts these are nor where secrets are kept.
package secretref

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// Expand returns text with each ${secret:KEY} replaced by the secret's value;
// blanks around KEY do not count. Any other reference of the form ${word:...}
// and a secret that does not exist are an *operator.Error.
//
// Values are not looked at again, so a secret may hold anything.
func Expand(ctx context.Context, text string, secrets operator.Secrets) (string, error) {
	var out strings.Builder
	for {
		start, end := find(text)
		if start < 0 {
			break
		}
		value, err := resolve(ctx, text[start:end], secrets)
		if err != nil {
			return "", err
		}
		out.WriteString(text[:start])
		out.WriteString(value)
		text = text[end:]
	}
	if out.Len() == 0 {
		return text, nil
	}
	out.WriteString(text)
	return out.String(), nil
}

// Check tells what is wrong with the references in a text that is not
// evaluated yet: those that neither a secret nor an expression answers.
func Check(text string) error {
	for {
		start, end := find(text)
		if start < 0 {
			return nil
		}
		ref := text[start:end]
		if word, _, _ := strings.Cut(ref[len("${"):], ":"); strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") == "" {
			if _, err := resolve(context.Background(), ref, anything{}); err != nil {
				return err
			}
		}
		text = text[end:]
	}
}

// Keys returns the keys of the secrets that a text refers to, in order.
func Keys(text string) (keys []string) {
	for {
		start, end := find(text)
		if start < 0 {
			return keys
		}
		key, ok := strings.CutPrefix(text[start:end-1], "${secret:")
		if key = strings.TrimSpace(key); ok && key != "" {
			keys = append(keys, key)
		}
		text = text[end:]
	}
}

// anything has every secret.
type anything struct{}

func (anything) Secret(context.Context, string) (string, error) { return "", nil }

// find returns where the first reference begins and ends, or -1.
func find(text string) (start, end int) {
	for at := 0; ; at += len("${") {
		i := strings.Index(text[at:], "${")
		if i < 0 {
			return -1, -1
		}
		at += i
		word := at + len("${")
		colon := word
		for colon < len(text) && isWord(text[colon]) {
			colon++
		}
		if colon == word || colon == len(text) || text[colon] != ':' {
			continue
		}
		if i := strings.IndexByte(text[colon:], '}'); i >= 0 {
			return at, colon + i + 1
		}
	}
}

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}

// resolve returns the value that a whole reference stands for.
func resolve(ctx context.Context, ref string, secrets operator.Secrets) (string, error) {
	key, ok := strings.CutPrefix(ref, "${secret:")
	key = strings.TrimSpace(strings.TrimSuffix(key, "}"))
	if !ok || key == "" {
		return "", &operator.Error{Message: fmt.Sprintf("Invalid parametrization: '%s'", ref), Kind: "config"}
	}
	value, err := secrets.Secret(ctx, key)
	switch {
	case errors.Is(err, operator.ErrNoSecret):
		return "", &operator.Error{
			Message: fmt.Sprintf("Secret not found for key: '%s'", key), Kind: "secret not found",
			Props: params.Of("hint", "`pawl secrets --local --set "+key+"` keeps one"),
		}
	case err != nil:
		return "", fmt.Errorf("secret %q: %w", key, err)
	}
	return value, nil
}
