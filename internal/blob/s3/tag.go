package s3

import (
	"crypto/md5"
	"encoding/hex"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/pawlhq/pawl/internal/blob"
)

// Content tells what is known of a body and an object by the object's tag.
type Content uint8

// What is known of a body.
const (
	// Unknown means that the object's tag says nothing of its content.
	Unknown Content = iota
	// Same means that the object has that content.
	Same
	// Different means that it has other content, unless the service encrypts it:
	// then a tag can look like that of content and be something else.
	Different
)

// tagForm is that of an MD5 of the content, or of the MD5s of its parts.
var tagForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{32}(-[1-9][0-9]*)?$`) })

// Compare tells whether a body of a size is what an object has.
func Compare(o blob.Object, body io.Reader, size int64) (Content, error) {
	if o.Size != size {
		return Different, nil
	}
	if !tagForm().MatchString(o.Tag) {
		return Unknown, nil
	}
	want, parts, inParts := strings.Cut(o.Tag, "-")
	sum := sumOf
	if inParts {
		part := sizeOfParts(size)
		if n := (size + part - 1) / part; parts != strconv.FormatInt(n, 10) {
			return Unknown, nil // others send parts of other sizes
		}
		sum = sumOfParts
	}
	got, err := sum(body, size)
	switch {
	case err != nil:
		return Unknown, err
	case got == want:
		return Same, nil
	}
	return Different, nil
}

func sumOf(body io.Reader, size int64) (string, error) {
	sum := md5.New()
	_, err := io.CopyN(sum, body, size)
	return hex.EncodeToString(sum.Sum(nil)), err
}

func sumOfParts(body io.Reader, size int64) (string, error) {
	all := md5.New()
	part := sizeOfParts(size)
	for left := size; left > 0; left -= part {
		sum := md5.New()
		if _, err := io.CopyN(sum, body, min(part, left)); err != nil {
			return "", err
		}
		all.Write(sum.Sum(nil))
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}
