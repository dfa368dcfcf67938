package files

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/product"
)

// racy is for how long a file may change without its times telling: as long as
// the coarsest clock of a file system.
const racy = 2 * time.Second

// Memo remembers what records said, so that those that did not change need not
// be read. A file counts as unchanged if its number, its size and the times of
// its last changes are what they were. A memo is of no account: without it, or
// with one that is damaged, everything is read.
//
// It is for one goroutine.
type Memo struct {
	path    string
	entries []byte // size bytes for each
	places  func() map[uint64]int
	linked  bool
}

// Linked reports whether the last Look has seen a product, or a record, that is a
// symbolic link.
func (m *Memo) Linked() bool { return m.linked }

// Layout of the file: magic, checksum of the entries, entries.
const (
	magic  = "pawl-memo-1\n"
	header = len(magic) + 4
	size   = len(entry{})
)

// OpenMemo reads the memo in a file. One that is missing, damaged or of another
// version is empty, and an error only if the file is there and cannot be read.
// An empty path makes a memo that is not kept.
func OpenMemo(path string) (*Memo, error) {
	m := &Memo{path: path}
	m.hold(nil)
	if path == "" {
		return m, nil
	}
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return nil, err
	}
	if entries, ok := check(content); ok {
		m.hold(entries)
	}
	return m, nil
}

// check returns the entries in a file.
func check(content []byte) (entries []byte, ok bool) {
	if len(content) < header || !bytes.HasPrefix(content, []byte(magic)) {
		return nil, false
	}
	entries = content[header:]
	sum := binary.LittleEndian.Uint32(content[len(magic):])
	return entries, len(entries)%size == 0 && sum == crc32.Checksum(entries, castagnoli())
}

var castagnoli = sync.OnceValue(func() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) })

func (m *Memo) hold(entries []byte) {
	m.entries = entries
	m.places = sync.OnceValue(func() map[uint64]int {
		places := make(map[uint64]int, len(entries)/size)
		for i := range len(entries) / size {
			places[m.at(i).key()] = i
		}
		return places
	})
}

func (m *Memo) at(place int) *entry { return (*entry)(m.entries[place*size:]) }

// find returns what is known of a file and where, which is most often the same
// place as last time. It may be called by many goroutines at once.
func (m *Memo) find(key uint64, place int, id identity) (at int, s product.Stamp, ok bool) {
	if place*size >= len(m.entries) || m.at(place).key() != key {
		if len(m.entries) == 0 {
			return 0, product.Stamp{}, false
		}
		if place, ok = m.places()[key]; !ok {
			return 0, product.Stamp{}, false
		}
	}
	e := m.at(place)
	return place, e.stamp(), e.identity() == id
}

// placed is an entry, and its place.
type placed struct {
	place int
	entry entry
}

// keep stores what was learned if there are news, beside what was known in the
// same place.
func (m *Memo) keep(known []bool, learned []placed, news bool) {
	if !news && len(known)*size == len(m.entries) {
		return
	}
	content := make([]byte, header+len(known)*size)
	entries := content[header:]
	for i, same := range known {
		if same {
			copy(entries[i*size:], m.at(i)[:])
		}
	}
	for i := range learned {
		copy(entries[learned[i].place*size:], learned[i].entry[:])
	}
	copy(content, magic)
	binary.LittleEndian.PutUint32(content[len(magic):], crc32.Checksum(entries, castagnoli()))
	m.hold(entries)
	if m.path == "" {
		return
	}
	// Who may only read a project can look at it all the same: what is not
	// remembered is read again the next time.
	if err := os.MkdirAll(filepath.Dir(m.path), 0o777); err == nil {
		_ = replace(m.path, content, false)
	}
}

// entry is what is known of a record: key of the path, identity of the file,
// and stamp. All zero means nothing.
type entry [8 + 4*8 + 8 + 8 + 16]byte

func (e *entry) set(key uint64, id identity, s product.Stamp) {
	b := e[:0]
	b = binary.LittleEndian.AppendUint64(b, key)
	for _, n := range [...]int64{id.inode, id.size, id.modified, id.touched} {
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
	}
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(s.Time))
	flags := uint64(s.State)
	if s.Timed {
		flags |= 1 << 8
	}
	b = binary.LittleEndian.AppendUint64(b, flags)
	copy(e[len(b):], s.Print[:])
}

func (e *entry) word(n int) uint64 { return binary.LittleEndian.Uint64(e[8*n:]) }

func (e *entry) key() uint64 { return e.word(0) }

func (e *entry) identity() identity {
	return identity{int64(e.word(1)), int64(e.word(2)), int64(e.word(3)), int64(e.word(4))}
}

func (e *entry) stamp() product.Stamp {
	return product.Stamp{
		Time:  math.Float64frombits(e.word(5)),
		State: product.State(e.word(6)),
		Timed: e.word(6)>>8&1 != 0,
		Print: product.Print(e[7*8:]),
	}
}

// keyOf digests the path of a name in a folder. Two paths with the same key do no
// harm, because it is the file that is compared.
func keyOf(dir, name string) uint64 {
	h := uint64(14695981039346656037) // FNV-1a
	for i := range len(dir) {
		h = (h ^ uint64(dir[i])) * 1099511628211
	}
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 1099511628211
	}
	return h | 1
}
