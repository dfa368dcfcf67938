//go:build linux

package chaos

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// disk is what a folder may hold after a power cut. Only what was synced is
// certain: of all else each write may be there, not be there, or be torn, and
// of what was done to the folder itself a beginning.
type disk struct {
	folder string
	// kept is set when the folder itself is certain.
	kept  bool
	files map[string]*inode // as programs see them
	names map[string]*inode // as they are on the disk for certain
	// moves are what was done to the folder since it was synced, and settled
	// counts those before.
	moves   []move
	settled int
}

// inode is the content of a file, whatever its name is.
type inode struct {
	certain []byte
	// pending are the changes since the file was synced, and synced counts
	// those before.
	pending []change
	synced  int
}

// sync makes the first n of all changes that there ever were certain.
func (f *inode) sync(n int) {
	for ; f.synced < n; f.synced++ {
		f.certain = f.pending[0].on(f.certain)
		f.pending = f.pending[1:]
	}
}

// change is a write, or a truncation, which has no data.
type change struct {
	data []byte
	at   int64
}

// move gives a name to an inode, or takes it from all where there is none.
type move struct {
	name string
	to   *inode
}

func newDisk(folder string) *disk {
	return &disk{folder: folder, files: make(map[string]*inode), names: make(map[string]*inode)}
}

// apply does what a program did, and returns what is to be done when it has
// ended: a sync makes certain, by then, what was there when it began.
func (d *disk) apply(c *call) (end func()) {
	end = func() {}
	name := filepath.Base(c.path)
	switch {
	case c.path == filepath.Dir(d.folder) && (c.name == "fsync" || c.name == "fdatasync"):
		return func() { d.kept = true }
	case c.path == d.folder && (c.name == "fsync" || c.name == "fdatasync"):
		n := d.settled + len(d.moves)
		return func() { d.settle(n) }
	case c.name == "mkdir", filepath.Dir(c.path) != d.folder, strings.HasSuffix(name, "-shm"):
		return end // SQLite makes its shared memory anew
	}
	switch c.name {
	case "unlink":
		delete(d.files, name)
		d.moves = append(d.moves, move{name, nil})
		return end
	}
	f := d.files[name]
	if f == nil {
		f = new(inode)
		d.files[name] = f
		d.moves = append(d.moves, move{name, f})
	}
	switch c.name {
	case "pwrite64", "ftruncate":
		f.pending = append(f.pending, change{c.data, c.offset})
	case "fsync", "fdatasync":
		n := f.synced + len(f.pending)
		return func() { f.sync(n) }
	}
	return end
}

// settle makes the first n of all moves that there ever were certain.
func (d *disk) settle(n int) {
	for ; d.settled < n; d.settled++ {
		d.moves[0].on(d.names)
		d.moves = d.moves[1:]
	}
}

func (m move) on(names map[string]*inode) {
	if m.to == nil {
		delete(names, m.name)
	} else {
		names[m.name] = m.to
	}
}

// on returns content with the change.
func (ch change) on(content []byte) []byte {
	if ch.data == nil {
		if n := int(ch.at); n <= len(content) {
			return content[:n]
		}
		return append(content, make([]byte, int(ch.at)-len(content))...)
	}
	if end := int(ch.at) + len(ch.data); end > len(content) {
		content = append(content, make([]byte, end-len(content))...)
	}
	copy(content[ch.at:], ch.data)
	return content
}

// sector is what a disk writes as a whole.
const sector = 512

// cut writes what may be left of the folder to another one.
func (d *disk) cut(to string, dice *rand.Rand) error {
	if !d.kept && dice.IntN(2) == 0 {
		return nil
	}
	names := maps.Clone(d.names)
	for _, m := range d.moves[:dice.IntN(len(d.moves)+1)] {
		m.on(names)
	}
	for _, name := range slices.Sorted(maps.Keys(names)) { // so that a seed gives the same disk
		if err := os.WriteFile(filepath.Join(to, name), names[name].left(dice), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// left returns what may be left of a file.
func (f *inode) left(dice *rand.Rand) []byte {
	content := slices.Clone(f.certain)
	// Mostly a disk is nearly done or has hardly begun.
	kept := []float64{0, 0.1, 0.5, 0.9, 1}[dice.IntN(5)]
	for _, ch := range f.pending {
		switch {
		case dice.Float64() < kept:
			content = ch.on(content)
		case ch.data != nil && dice.IntN(4) == 0:
			for _, part := range ch.sectors() {
				if dice.IntN(2) == 0 {
					content = part.on(content)
				}
			}
		}
	}
	return content
}

// sectors splits a write where those of the disk begin.
func (ch change) sectors() (parts []change) {
	for data, at := ch.data, ch.at; len(data) > 0; {
		n := min(len(data), int(sector-at%sector))
		parts = append(parts, change{data[:n], at})
		data, at = data[n:], at+int64(n)
	}
	return parts
}
