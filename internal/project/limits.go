package project

import (
	"io"

	"github.com/pawlhq/pawl/internal/model"
)

// Limits bound what an archive may unpack to. All must be positive.
type Limits struct {
	// Bytes is how much the content of all files may be, and of a single one.
	Bytes int64
	// Entries is how many files, links and folders may come of it.
	Entries int
}

// DefaultLimits are those of a server whose administrator set none.
var DefaultLimits = Limits{Bytes: 2 << 20, Entries: 10_000}

// AnySize are limits for an archive that its reader has made.
var AnySize = Limits{Bytes: 1 << 50, Entries: 1 << 30}

// TooLarge is the error for an archive whose size exceeds a limit of so many
// bytes, before it is unpacked or while it is. Clients look for its words.
func TooLarge(limit int64) error {
	return model.Errorf(model.Invalid, "Size of the uploaded archive file exceeds limit (%d bytes)", limit).
		WithHint("keep data elsewhere, or raise api.max_archive_total_size_limit of the server")
}

const (
	block    = 512
	overhead = 4 << 10 // what the head of an entry with long names may take
	slack    = 1 << 20 // what else there may be, such as padding
)

// stream is how many bytes an archive may be once it is uncompressed. More come
// only from one that is made to keep its reader busy.
func (l Limits) stream() int64 { return l.Bytes + int64(l.Entries)*overhead + slack }

// capped fails when there is more than so many bytes to read.
type capped struct {
	r     io.Reader
	left  int64
	limit int64 // for people
}

func (c *capped) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, TooLarge(c.limit)
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}
