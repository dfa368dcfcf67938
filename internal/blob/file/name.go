package file

import (
	"fmt"
	"net/url"
	"strings"
)

// maxName is how long file systems let a name be.
const maxName = 255

// folder ends the names of folders. No encoded key ends in it, so a key and the
// same key with more after a slash do not get in each other's way.
const folder = "%"

// special are the characters that some file system does not take in a name.
const special = `%\:*?"<>|`

// encode replaces special characters by their number in hexadecimal.
func encode(key string) string {
	if !strings.ContainsAny(key, special) {
		return key
	}
	var b strings.Builder
	for _, r := range key {
		if strings.ContainsRune(special, r) {
			fmt.Fprintf(&b, "%%%02X", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// decode returns the part of a key that a name stands for, and whether it is
// that of a folder. What is not a name of the store's making is not ok.
func decode(name string) (part string, isFolder, ok bool) {
	name, isFolder = strings.CutSuffix(name, folder)
	part, err := url.PathUnescape(name)
	return part, isFolder, err == nil && encode(part) == name
}
