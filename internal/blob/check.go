package blob

import (
	"errors"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/model"
)

const (
	maxKey  = 1024 // what S3 takes
	maxPart = 250  // what file systems take, and a little less
)

// CheckKey refuses what is no key. A key is UTF-8 of at most 1024 bytes: parts
// of 1 to 250 bytes with a slash between them. No part is "." or "..", and none
// has control characters.
func CheckKey(key string) error {
	if len(key) > maxKey {
		return model.Errorf(model.Invalid, "a key has at most %d bytes, not %d", maxKey, len(key))
	}
	if !utf8.ValidString(key) || strings.ContainsFunc(key, unicode.IsControl) {
		return model.Errorf(model.Invalid, "key %q is not plain text", key)
	}
	for part := range strings.SplitSeq(key, "/") {
		switch {
		case part == "" || part == "." || part == "..":
			return model.Errorf(model.Invalid, "key %q has the part %q", key, part)
		case len(part) > maxPart:
			return model.Errorf(model.Invalid, "a part of a key has at most %d bytes, not %d", maxPart, len(part))
		}
	}
	return nil
}

// CheckLimit refuses a limit that no list has.
func CheckLimit(limit int) error {
	if limit < 1 || limit > MaxLimit {
		return model.Errorf(model.Invalid, "a list has from 1 to %d objects, not %d", MaxLimit, limit)
	}
	return nil
}

// Exactly returns a reader of a body that fails with Invalid unless the body has
// exactly size bytes. It fails before it gives the last byte away, so whoever
// waits for size bytes does not take a longer body for complete.
func Exactly(body io.Reader, size int64) io.Reader {
	return &exactly{body: body, left: size, size: size}
}

type exactly struct {
	body       io.Reader
	left, size int64
	err        error
}

func (e *exactly) Read(p []byte) (int, error) {
	if e.size < 0 {
		e.err = model.Errorf(model.Invalid, "the size of a body can't be %d bytes", e.size)
	}
	if e.err != nil || len(p) == 0 {
		return 0, e.err
	}
	n, err := e.body.Read(p[:min(int64(len(p)), e.left)])
	e.left -= int64(n)
	switch {
	case e.left == 0:
		if err == nil {
			err = e.end()
		}
	case errors.Is(err, io.EOF):
		err = model.Errorf(model.Invalid, "the body ended after %d of %d bytes", e.size-e.left, e.size)
	}
	e.err = err
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	return n, err
}

// end returns io.EOF if nothing is left of the body.
func (e *exactly) end() error {
	var more [1]byte
	if _, err := io.ReadFull(e.body, more[:]); err != nil {
		return err
	}
	return model.Errorf(model.Invalid, "the body has more than %d bytes", e.size)
}
