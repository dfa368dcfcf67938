package project

import (
	"crypto/md5"
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// MD5 is the checksum of an archive as it travels. It finds damage, not malice.
type MD5 [md5.Size]byte

// SumMD5 reads an archive to its end.
func SumMD5(archive io.Reader) (MD5, error) {
	h := md5.New()
	if _, err := io.Copy(h, archive); err != nil {
		return MD5{}, fmt.Errorf("read archive: %w", err)
	}
	return MD5(h.Sum(nil)), nil
}

// String returns the sum in base64 with padding, as it stands in JSON.
func (m MD5) String() string { return base64.StdEncoding.EncodeToString(m[:]) }

// maxKeyPart is how long the parts of a key become. Longer names are cut: the id
// at the end keeps their keys apart.
const maxKeyPart = 200

// ArchiveKey returns the key under which the archive of a revision is kept:
//
//	<prefix><site>/<project in base64url>/<revision>.<id>.tar.gz
//
// A revision has any name, so that what could mean something in a path becomes
// an underscore. The prefix is used as it is.
func ArchiveKey(prefix string, site int, project, revision string, id uuid.UUID) string {
	return prefix + strconv.Itoa(site) +
		"/" + cut(base64.RawURLEncoding.EncodeToString([]byte(project))) +
		"/" + cut(strings.Map(plain, revision)) + "." + id.String() + ".tar.gz"
}

func cut(part string) string { return part[:min(len(part), maxKeyPart)] }

func plain(r rune) rune {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return r
	case strings.ContainsRune("-_.~+@=,", r):
		return r
	}
	return '_'
}
