package logs

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/model"
)

// piece is what one run of a try has printed. Its run is a UUID that holds the
// time, so that the pieces of a try sort, whatever machines they are from.
type piece struct {
	name
	// path is that of its file on this machine, or empty.
	path string
	// object is the key of its object where there is no file.
	object string
	// size is how many bytes the file or the object has, and stored when the
	// object was, in nanoseconds.
	size, stored int64
}

// newRun returns the name of a run that begins now.
func newRun() (string, error) {
	id, err := uuid.NewV7()
	return id.String(), err
}

// The keys of objects end in these. A part is what there was while the try ran;
// the whole counts once it is there.
const (
	wholeObject = ".gz"
	partObject  = ".part.gz"
)

// fileName is the name of the file of a piece, which says the attempt, too.
func (n name) fileName() string {
	return strconv.FormatInt(int64(n.try.Attempt), 10) + "." + n.String()
}

// parseFileName is the reverse of fileName.
func parseFileName(text string) (n name, ok bool) {
	attempt, text, _ := strings.Cut(text, ".")
	id, err := strconv.ParseInt(attempt, 10, 64)
	if err != nil {
		return name{}, false
	}
	n, ok = parseName(model.AttemptID(id), text)
	return n, ok && n.run != ""
}

// head is the line at the top of an object, by which clients of Digdag know its
// level.
func (n name) head() string {
	var at time.Time
	if id, err := uuid.Parse(n.run); err == nil {
		at = time.Unix(id.Time().UnixTime()).UTC()
	}
	task := strings.TrimLeft(n.stem, "0123456789")
	return fmt.Sprintf("%s [INFO] (%04d@[%d]%s) pawl: try %d\n", at.Format("2006-01-02 15:04:05.000 -0700"),
		n.try.Task, n.try.Attempt, task, n.try.Try)
}

// pack compresses a text below its head. Both can be taken for one text.
func pack(to io.Writer, head string, text io.Reader) error {
	z, err := gzip.NewWriterLevel(to, gzip.BestSpeed)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(z, head); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	z.Reset(to)
	if _, err := io.Copy(z, text); err != nil {
		return err
	}
	return z.Close()
}

// unpack returns the text of what pack made, without its head.
func unpack(from io.Reader) (io.Reader, error) {
	in := bufio.NewReader(from) // the head ends in the middle
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	if _, err := io.Copy(io.Discard, z); err != nil {
		return nil, err
	}
	return z, z.Reset(in)
}

// open opens a piece as it is now.
func (b *Bucket) open(ctx context.Context, p *piece) (io.ReadCloser, error) {
	if p.path != "" {
		f, err := openNow(p.path)
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return b.openObject(ctx, p)
}

// openFrom opens a piece without so many bytes at the start. What is added to a
// file is read, too.
func (b *Bucket) openFrom(ctx context.Context, p *piece, offset int64) (io.ReadCloser, error) {
	if p.path != "" {
		f, err := os.Open(p.path)
		if err == nil {
			_, err = f.Seek(offset, io.SeekStart)
			return f, err
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	f, err := b.openObject(ctx, p)
	if err != nil {
		return nil, err
	}
	if _, err := io.CopyN(io.Discard, f, offset); err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// openObject opens the object of a piece. It is the whole where that was
// uploaded after the file or the part was found.
func (b *Bucket) openObject(ctx context.Context, p *piece) (io.ReadCloser, error) {
	key := cmp.Or(p.object, b.key(p.name, wholeObject))
	body, _, err := b.cfg.Objects.Get(ctx, key)
	if whole := b.key(p.name, wholeObject); err != nil && model.CodeOf(err) == model.NotFound && key != whole {
		key = whole
		body, _, err = b.cfg.Objects.Get(ctx, key)
	}
	if err != nil {
		return nil, err
	}
	text, err := unpack(body)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read object %q: %w", key, err), body.Close())
	}
	return snapshot{text, body}, nil
}

// pieces is a log of several runs, one after the other.
type pieces struct {
	ctx  context.Context
	of   *Bucket
	left []piece
	file io.ReadCloser
}

func (r *pieces) Read(p []byte) (int, error) {
	for {
		if r.file == nil {
			if len(r.left) == 0 {
				return 0, io.EOF
			}
			f, err := r.of.open(r.ctx, &r.left[0])
			if err != nil {
				return 0, err
			}
			r.file, r.left = f, r.left[1:]
		}
		n, err := r.file.Read(p)
		if !errors.Is(err, io.EOF) {
			return n, err
		}
		if err := r.Close(); err != nil || n > 0 {
			return n, err
		}
	}
}

func (r *pieces) Close() error {
	if r.file == nil {
		return nil
	}
	f := r.file
	r.file = nil
	return f.Close()
}
