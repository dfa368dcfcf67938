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
	"math"
	"os"
	"slices"
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

// began returns when the run began, as its name says.
func (n name) began() time.Time {
	id, err := uuid.Parse(n.run)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(id.Time().UnixTime()).UTC()
}

// head is the line at the top of an object, by which clients of Digdag know its
// level.
func (n name) head() string {
	return fmt.Sprintf("%s [INFO] (%04d@[%d]%s) pawl: try %d\n", n.began().Format("2006-01-02 15:04:05.000 -0700"),
		n.try.Task, n.try.Attempt, n.task(), n.try.Try)
}

// pack compresses a text below its head. Both can be taken for one text. Between
// them is the index, in parts that are empty but for their headers.
func pack(to io.Writer, head string, x *index, text io.Reader) error {
	z, err := gzip.NewWriterLevel(to, gzip.BestSpeed)
	if err != nil {
		return err
	}
	write := func(extra []byte, from io.Reader) error {
		z.Reset(to)
		z.Extra = extra
		if _, err := io.Copy(z, from); err != nil {
			return err
		}
		return z.Close()
	}
	if err := write(nil, strings.NewReader(head)); err != nil {
		return err
	}
	for extra := range slices.Chunk(x.append(nil), maxExtra) {
		if err := write(extra, strings.NewReader("")); err != nil {
			return err
		}
	}
	return write(nil, text)
}

// maxExtra is how much a header can have.
const maxExtra = 1<<16 - 1

// unpack returns the text of what pack made, without its head. What has no index
// was all printed to standard output at an instant.
func unpack(from io.Reader, at time.Time) (*packedChunks, error) {
	in := bufio.NewReader(from) // each part ends in the middle
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	var packed []byte
	for {
		z.Multistream(false)
		if _, err := io.Copy(io.Discard, z); err != nil {
			return nil, err
		}
		if err := z.Reset(in); err != nil {
			return nil, err
		}
		if len(z.Extra) == 0 {
			break
		}
		packed = append(packed, z.Extra...)
	}
	x := &index{runs: []run{{printed, at.UnixMicro(), math.MaxInt64}}}
	if packed != nil {
		var ok bool
		if x, ok = parseIndex(packed); !ok {
			return nil, errors.New("its index is damaged")
		}
	}
	return &packedChunks{of: x, text: z}, nil
}

// open opens a piece as it is now.
func (b *Bucket) open(ctx context.Context, p *piece, show Show) (io.ReadCloser, error) {
	if p.path != "" {
		f, err := b.logs.show(p.path, show)
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	text, err := b.openObject(ctx, p)
	if err != nil {
		return nil, err
	}
	return &shown{from: text, show: show}, nil
}

// openFrom opens a piece from a position on. What is added to a file is read,
// too.
func (b *Bucket) openFrom(ctx context.Context, p *piece, position int64) (chunks, error) {
	if p.path != "" {
		b.logs.sync(p.path)
		if _, err := os.Stat(p.path); !errors.Is(err, fs.ErrNotExist) {
			return &fileChunks{path: p.path, at: position}, err
		}
	}
	c, err := b.openObject(ctx, p)
	if err != nil {
		return nil, err
	}
	if err := c.skip(position); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// openObject opens the object of a piece. It is the whole where that was
// uploaded after the file or the part was found.
func (b *Bucket) openObject(ctx context.Context, p *piece) (*packedChunks, error) {
	key := cmp.Or(p.object, b.key(p.name, wholeObject))
	body, _, err := b.cfg.Objects.Get(ctx, key)
	if whole := b.key(p.name, wholeObject); err != nil && model.CodeOf(err) == model.NotFound && key != whole {
		key = whole
		body, _, err = b.cfg.Objects.Get(ctx, key)
	}
	if err != nil {
		return nil, err
	}
	c, err := unpack(body, p.began())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read object %q: %w", key, err), body.Close())
	}
	c.from = body
	return c, nil
}

// pieces is a log of several runs, one after the other.
type pieces struct {
	ctx  context.Context
	of   *Bucket
	show Show
	left []piece
	file io.ReadCloser
}

func (r *pieces) Read(p []byte) (int, error) {
	for {
		if r.file == nil {
			if len(r.left) == 0 {
				return 0, io.EOF
			}
			f, err := r.of.open(r.ctx, &r.left[0], r.show)
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
