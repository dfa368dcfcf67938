package logs

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// An index tells of the text of a log who has printed which part of it, when,
// and what of it is left out. It is a file beside the log:
//
//	header: "pawlidx1", head, resume, note    each 8 bytes, little-endian
//	runs:   level, time and stream, end
//
// Positions count all bytes that were ever printed. The text lacks those from
// head to resume; in their place stands a line of so many bytes as note says. A
// run reaches from the end of the one before to its own end; its first number
// is microseconds since 1970, doubled, plus one for standard error, and its three
// highest bits are the level of records, or zero for what was printed. A log without
// an index was all printed to standard output when it was changed last.
type index struct {
	gap  gap
	runs []run
}

const (
	indexMagic  = "pawlidx1"
	indexHeader = 32
	indexRun    = 16
	// indexEnding is what an index adds to the name of its log.
	indexEnding = ".idx"
)

func indexOf(path string) string { return strings.TrimSuffix(path, ending) + indexEnding }

// gap is what a log lacks. Its zero value lacks nothing.
type gap struct{ head, resume, note int64 }

// moving is the resume of a gap whose text is moved at the moment.
const moving = -1

// physical returns where in the text a position is, or what stands for it.
func (g gap) physical(at int64) int64 {
	switch {
	case g.note == 0 || at < g.head:
		return at
	case at < g.resume:
		return g.head
	}
	return at - g.resume + g.head + g.note
}

// logical is the reverse of physical. In the line between it is -1, and left is
// what remains of that.
func (g gap) logical(at int64) (position, left int64) {
	switch {
	case g.note == 0 || at < g.head:
		return at, 0
	case at < g.head+g.note:
		return -1, g.head + g.note - at
	}
	return at - g.head - g.note + g.resume, 0
}

// kind is what a part of a log is: what a stream has printed, or its records of a
// level.
type kind struct {
	stream Stream
	level  Level
}

// run is what of one kind stands in a row.
type run struct {
	kind
	at  int64 // microseconds since 1970
	end int64
}

// printed is what a log without an index has.
var printed = kind{stream: Stdout}

// levelShift is where the level begins in the first number of a run.
const levelShift = 61

func (g gap) append(to []byte) []byte {
	to = append(to, indexMagic...)
	for _, n := range []int64{g.head, g.resume, g.note} {
		to = binary.LittleEndian.AppendUint64(to, uint64(n))
	}
	return to
}

func (r run) append(to []byte) []byte {
	first := uint64(r.at)<<1 | uint64(r.level)<<levelShift
	if r.stream == Stderr {
		first |= 1
	}
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(to, first), uint64(r.end))
}

// parseGap is false for what is no index, as a file may be whose machine stopped before
// it was on the disk, or that is just being made.
func parseGap(text []byte) (gap, bool) {
	if len(text) < indexHeader || string(text[:8]) != indexMagic {
		return gap{}, false
	}
	number := func(i int) int64 { return int64(binary.LittleEndian.Uint64(text[8*i:])) }
	return gap{number(1), number(2), number(3)}, true
}

func parseRuns(text []byte) []run {
	runs := make([]run, 0, len(text)/indexRun)
	for ; len(text) >= indexRun; text = text[indexRun:] {
		first, end := binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[8:])
		of := kind{Stdout + Stream(first&1), min(Level(first>>levelShift), Error)}
		runs = append(runs, run{of, int64(first & (1<<levelShift - 1) >> 1), int64(end)})
	}
	return runs
}

func parseIndex(text []byte) (*index, bool) {
	g, ok := parseGap(text)
	if !ok {
		return nil, false
	}
	return &index{g, parseRuns(text[indexHeader:])}, true
}

func (x *index) append(to []byte) []byte {
	to = x.gap.append(to)
	for _, r := range x.runs {
		to = r.append(to)
	}
	return to
}

// find returns the run that a position is in. What is after all runs is taken
// for standard output of the last instant.
func (x *index) find(at int64) run {
	i, _ := slices.BinarySearchFunc(x.runs, at+1, func(r run, at int64) int { return int(min(max(r.end-at, -1), 1)) })
	if i < len(x.runs) {
		return x.runs[i]
	}
	last := run{kind: printed, end: 1<<63 - 1}
	if i > 0 {
		last.at = x.runs[i-1].at
	}
	return last
}

// readIndex reads the index of a log. A log without one gets its time.
func readIndex(path string) (*index, error) {
	text, err := os.ReadFile(indexOf(path))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if x, ok := parseIndex(text); ok {
		return x, nil
	}
	x := &index{}
	if info, err := os.Stat(path); err == nil {
		x.runs = []run{{printed, info.ModTime().UnixMicro(), info.Size()}}
	}
	return x, nil
}

// readGap reads the gap alone from an open index.
func readGap(f *os.File) (gap, error) {
	var text [indexHeader]byte
	n, err := f.ReadAt(text[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return gap{}, err
	}
	g, _ := parseGap(text[:n])
	return g, nil
}

// patience is how long the runs of standard output alone are not written: most
// tries are over by then, and need no index.
const patience = time.Second

// resolution is the difference in time from which on it is noted.
const resolution = 10 * time.Millisecond

// indexer writes the index of a log.
type indexer struct {
	path string
	file *os.File // nil until there is something to tell
	gap  gap
	// first is the number of the first of runs among all; those before are in the
	// file. dirty is how many at the end of runs are not.
	first, dirty int
	runs         []run
	began        int64
}

// openIndexer returns what goes on with the index of a log as long as size that
// was changed last at an instant. It also returns how much was ever printed.
func openIndexer(path string, size int64, changed time.Time) (x indexer, end int64, err error) {
	x.path = indexOf(path)
	old, err := os.ReadFile(x.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return x, 0, err
	}
	all, ok := parseIndex(old)
	if !ok {
		if size > 0 {
			x.runs, x.dirty = []run{{printed, changed.UnixMicro(), size}}, 1
		}
		return x, size, nil
	}
	end, _ = all.gap.logical(size)
	// A process that was killed may have told of more than it wrote.
	kept := slices.IndexFunc(all.runs, func(r run) bool { return r.end >= end })
	if kept >= 0 {
		all.runs = all.runs[:kept+1]
		all.runs[kept].end = end
	}
	x.gap, x.runs = all.gap, all.runs
	if x.file, err = os.OpenFile(x.path, os.O_RDWR, 0); err != nil {
		return x, 0, err
	}
	return x, end, x.rewrite(x.runs)
}

// note says what there is until end. It comes before the text does.
func (x *indexer) note(k kind, at time.Time, end int64) error {
	now := at.UnixMicro()
	if x.began == 0 {
		x.began = now
	}
	last := len(x.runs) - 1
	if last >= 0 && x.runs[last].kind == k && now-x.runs[last].at < resolution.Microseconds() {
		x.runs[last].end = end
		x.dirty = max(x.dirty, 1)
	} else {
		x.runs = append(x.runs, run{k, now, end})
		x.dirty++
	}
	if x.file == nil && k == printed && now-x.began < patience.Microseconds() {
		return nil
	}
	return x.flush()
}

// flush writes what is not in the file yet, which it makes, and keeps the last run,
// as that may grow.
func (x *indexer) flush() error {
	if x.file == nil {
		f, err := os.OpenFile(x.path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return err
		}
		x.file = f
		if _, err := f.WriteAt(x.gap.append(nil), 0); err != nil {
			return err
		}
	}
	var text []byte
	from := len(x.runs) - x.dirty
	for _, r := range x.runs[from:] {
		text = r.append(text)
	}
	if _, err := x.file.WriteAt(text, indexHeader+int64(x.first+from)*indexRun); err != nil {
		return err
	}
	x.dirty = 0
	if last := len(x.runs) - 1; last > 0 {
		x.first += last
		x.runs = append(x.runs[:0], x.runs[last])
	}
	return nil
}

// setGap writes the gap.
func (x *indexer) setGap(g gap) error {
	if x.file == nil {
		if err := x.flush(); err != nil {
			return err
		}
	}
	x.gap = g
	_, err := x.file.WriteAt(g.append(nil), 0)
	return err
}

// forget drops the runs that are wholly in the gap.
func (x *indexer) forget() error {
	text, err := os.ReadFile(x.path)
	if err != nil {
		return err
	}
	all, ok := parseIndex(text)
	if !ok {
		return fmt.Errorf("%s is no index of a log any more", x.path)
	}
	before := int64(0)
	kept := slices.DeleteFunc(all.runs, func(r run) bool {
		inside := before >= x.gap.head && r.end <= x.gap.resume
		before = r.end
		return inside
	})
	return x.rewrite(kept)
}

// rewrite writes all runs anew.
func (x *indexer) rewrite(runs []run) error {
	x.first, x.runs, x.dirty = 0, runs, len(runs)
	if err := x.flush(); err != nil {
		return err
	}
	return x.file.Truncate(indexHeader + int64(len(runs))*indexRun)
}

func (x *indexer) close() error {
	if x.file == nil {
		return nil
	}
	return x.file.Close()
}
