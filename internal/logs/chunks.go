package logs

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// chunks reads the text of a log in order.
type chunks interface {
	// next reads some of it and returns from which position on it is; -1 is the
	// line in the place of a gap. It is io.EOF, with nothing, if there is nothing
	// more as yet.
	next(p []byte) (n int, at int64, err error)
	// index tells of what was read.
	index() (*index, error)
	io.Closer
}

// fileChunks reads a file that may still be written, and may exist only later.
type fileChunks struct {
	path string
	at   int64 // the position to read next
	// until is where to end; 0 is where the file does.
	until int64
	file  *os.File
	idx   *os.File
	// noted is how much was read of the line in the place of the gap.
	noted int64
}

func (c *fileChunks) next(p []byte) (int, int64, error) {
	if c.file == nil {
		f, err := os.Open(c.path)
		if errors.Is(err, fs.ErrNotExist) {
			return 0, 0, io.EOF
		}
		if err != nil {
			return 0, 0, err
		}
		c.file = f
	}
	for {
		before, err := c.gap()
		if err != nil {
			return 0, 0, err
		}
		n, at, err := c.read(p, before)
		// What was read counts if the text was not moved meanwhile.
		after, aerr := c.gap()
		if aerr != nil {
			return 0, 0, aerr
		}
		if before != after {
			continue
		}
		if n == 0 {
			if err == nil {
				err = io.EOF
			}
			return 0, 0, err
		}
		c.advance(n, at, before)
		return n, at, nil
	}
}

// gap returns the gap as it is.
func (c *fileChunks) gap() (gap, error) {
	if c.idx == nil {
		f, err := os.Open(indexOf(c.path))
		if errors.Is(err, fs.ErrNotExist) {
			return gap{}, nil
		}
		if err != nil {
			return gap{}, err
		}
		c.idx = f
	}
	return readGap(c.idx)
}

// read reads at the position, as long as the text does not move.
func (c *fileChunks) read(p []byte, g gap) (n int, at int64, err error) {
	from, at, most := c.place(g, int64(len(p)))
	if c.until > 0 && at >= 0 {
		most = min(most, c.until-at)
	}
	if most <= 0 {
		return 0, 0, nil
	}
	n, err = c.file.ReadAt(p[:min(most, int64(len(p)))], from)
	if n > 0 || errors.Is(err, io.EOF) {
		err = nil
	}
	return n, at, err
}

// place returns where in the file to read, which position that has, and how much
// is there at most.
func (c *fileChunks) place(g gap, size int64) (from, at, most int64) {
	switch {
	case g.note == 0:
		return c.at, c.at, size
	case c.at < g.head:
		return c.at, c.at, g.head - c.at
	case g.resume == moving:
		return 0, 0, 0
	case c.at < g.resume:
		return g.head + c.noted, -1, g.note - c.noted
	}
	return g.physical(c.at), c.at, size
}

func (c *fileChunks) advance(n int, at int64, g gap) {
	if at >= 0 {
		c.at, c.noted = at+int64(n), 0
		return
	}
	if c.noted += int64(n); c.noted == g.note {
		c.at, c.noted = g.resume, 0
	}
}

func (c *fileChunks) index() (*index, error) { return readIndex(c.path) }

func (c *fileChunks) Close() error {
	var err error
	for _, f := range []*os.File{c.file, c.idx} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	c.file, c.idx = nil, nil
	return err
}

// packedChunks reads a text that does not change any more.
type packedChunks struct {
	of   *index
	text io.Reader
	from io.Closer
	read int64 // how much of the text
}

func (c *packedChunks) next(p []byte) (int, int64, error) {
	at, left := c.of.gap.logical(c.read)
	switch {
	case at < 0:
		p = p[:min(left, int64(len(p)))]
	case c.of.gap.note > 0 && at < c.of.gap.head:
		p = p[:min(c.of.gap.head-at, int64(len(p)))]
	}
	n, err := c.text.Read(p)
	c.read += int64(n)
	if n > 0 {
		err = nil
	}
	return n, at, err
}

// skip leaves out what is before a position.
func (c *packedChunks) skip(to int64) error {
	n, err := io.CopyN(io.Discard, c.text, c.of.gap.physical(to)-c.read)
	c.read += n
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return err
}

func (c *packedChunks) index() (*index, error) { return c.of, nil }
func (c *packedChunks) Close() error           { return c.from.Close() }

// show opens a file as it is now.
func (o *open) show(path string, show Show) (io.ReadCloser, error) {
	defer o.hold(path)()
	_, err := os.Stat(indexOf(path))
	if errors.Is(err, fs.ErrNotExist) && show.all() {
		return openNow(path)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	c := &fileChunks{path: path}
	g, err := c.gap()
	switch {
	case err != nil:
		return nil, errors.Join(err, c.Close())
	case g.resume == moving:
		text, err := packedFile(path)
		return &shown{from: text, show: show}, errors.Join(err, c.Close())
	}
	c.until, _ = g.logical(info.Size())
	return &shown{from: c, show: show}, nil
}

// packedFile reads a file that nobody writes, and whose text nobody moves.
func packedFile(path string) (*packedChunks, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	x, err := readIndex(path)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if x.gap.resume == moving {
		x.gap = gap{} // who has moved it was killed: it is shown as it is
	}
	return &packedChunks{of: x, text: io.LimitReader(f, info.Size()), from: f}, nil
}
