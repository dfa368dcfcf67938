package memo

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"github.com/pawlhq/pawl/internal/params"
)

// Parts are what a version follows from, by name.
type Parts map[string]string

// Hash returns the version that follows from the parts: the SHA-256 of their names and
// contents in order of the names, each after its length, so that no two collections of
// parts have the same text.
func (p Parts) Hash() string {
	names := make([]string, 0, len(p))
	for name := range p {
		names = append(names, name)
	}
	slices.Sort(names)
	var text []byte
	for _, name := range names {
		text = appendText(append(appendText(text, name), '='), p[name])
	}
	return digest(text)
}

func appendText(to []byte, text string) []byte {
	to = append(strconv.AppendInt(to, int64(len(text)), 10), ':')
	return append(to, text...)
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// short is a version for people.
func short(version string) string { return version[:12] }

// canonical returns a value as text that does not depend on the order of the keys of
// its maps. What stands for an output becomes what that was made of; why says which
// output's can't be known, if one's can't.
func canonical(v params.Value) (text []byte, why string) {
	switch v := v.(type) {
	case params.Map:
		if of, ok := outputIn(v); ok {
			return of.canonical()
		}
		keys := slices.Sorted(v.Keys())
		text = append(text, '{')
		for _, key := range keys {
			e, _ := v.Get(key)
			inner, why := canonical(e)
			if why != "" {
				return nil, why
			}
			text = appendText(append(appendText(text, key), '='), string(inner))
		}
		return append(text, '}'), ""
	case []params.Value:
		text = append(text, '[')
		for _, e := range v {
			inner, why := canonical(e)
			if why != "" {
				return nil, why
			}
			text = appendText(text, string(inner))
		}
		return append(text, ']'), ""
	}
	return params.AppendJSON(nil, v), ""
}
