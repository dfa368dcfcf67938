package logs

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// spools are the files to which the programs of a try print: one for each stream,
// in no folder. What they get is moved to the log, a moment later. So programs
// write as fast as to any file, and wait for nobody. To make a file costs more than
// many a try, so they are used again.
type spools struct {
	log  *Log // whose they are now; the pump's
	ends [2]*spool
	// turns are the streams that were written to and not moved since, in order:
	// one that is written to several times in a row is there once.
	turns []Stream
}

// spool is one of them.
type spool struct {
	// file is what is read, and out what programs write to.
	file, out *os.File
	// read is how much of it was moved, freed how much of that was given back.
	read, freed int64
	// watch is what its events are known by; 0 while it is not watched.
	watch int32
	// busy counts the looks that are taken at it without a watch, which would
	// slow down a program that writes many small pieces.
	busy int
}

// open gives a log spools. They are nil where the system has none.
func (p *pump) open(l *Log) *spools {
	s := p.used()
	if s == nil {
		var err error
		if s, err = newSpools(filepath.Dir(l.path)); err != nil {
			return nil
		}
	}
	for _, e := range s.ends {
		fd, err := unix.Open(descriptor(e.file), unix.O_WRONLY|unix.O_APPEND|unix.O_CLOEXEC, 0)
		if err != nil {
			s.discard()
			return nil
		}
		e.out = os.NewFile(uintptr(fd), "output")
	}
	if err := p.add(s, l); err != nil {
		s.discard()
		return nil
	}
	return s
}

// newSpools makes spools on the disk of a folder, which need not exist yet.
func newSpools(folder string) (*spools, error) {
	s := &spools{}
	for i := range s.ends {
		f, err := spoolFile(folder)
		if err != nil {
			s.discard()
			return nil, err
		}
		s.ends[i] = &spool{file: f}
	}
	return s, nil
}

func spoolFile(folder string) (*os.File, error) {
	const flags = unix.O_TMPFILE | unix.O_RDWR | unix.O_APPEND | unix.O_CLOEXEC
	fd, err := unix.Open(folder, flags, 0o600)
	if errors.Is(err, unix.ENOENT) {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
		fd, err = unix.Open(folder, flags, 0o600)
	}
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "output")
	defer f.Close() //nolint:errcheck // nothing was written
	// It is known who writes as long as it is open to be read alone here.
	if fd, err = unix.Open(descriptor(f), unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "output"), nil
}

// discard closes the files. What is in them was moved, or nobody wants it.
func (s *spools) discard() {
	for _, e := range s.ends {
		if e == nil {
			continue
		}
		_ = e.file.Close()
		if e.out != nil {
			_ = e.out.Close()
		}
	}
}

// empty makes the spools ready for another log. It is false if a program that
// outlived its try still has them, or has written what belongs to no log any more.
func (s *spools) empty() bool {
	for _, e := range s.ends {
		var err error
		if e.read > 0 {
			err = e.out.Truncate(0)
		}
		err = errors.Join(err, e.out.Close())
		e.out = nil
		// The system grants this only for a file that nobody can write to.
		fd := e.file.Fd()
		if _, lerr := unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_RDLCK); err != nil || lerr != nil {
			return false
		}
		if _, err := unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_UNLCK); err != nil {
			return false
		}
		e.read, e.freed, e.busy = 0, 0, 0
		if n, err := e.grown(); n != 0 || err != nil {
			return false
		}
	}
	s.log, s.turns = nil, s.turns[:0]
	return true
}

func (s *spools) files() (out, err *os.File) {
	if s == nil {
		return nil, nil
	}
	return s.ends[0].out, s.ends[1].out
}

func (p *pump) close(s *spools) {
	if s == nil {
		return
	}
	p.remove(s)
}

// busy reports whether one of them is looked at without being told of writes.
func (s *spools) busy() bool { return s.ends[0].busy > 0 || s.ends[1].busy > 0 }

// look moves what there is. By now the spools may be those of another log.
func (l *Log) look() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	s := l.spools
	before := [2]int64{s.ends[0].read, s.ends[1].read}
	_ = l.drain() // what can't be kept is lost
	l.of.pump.calm(s, [2]int64{s.ends[0].read - before[0], s.ends[1].read - before[1]})
}

// drain moves to the log what programs have printed. The log is locked.
func (l *Log) drain() error {
	s := l.spools
	if s == nil {
		return nil
	}
	turns := l.of.pump.take(s)
	var grown [2]int64
	for i, e := range s.ends {
		n, err := e.grown()
		if err != nil {
			return err
		}
		grown[i] = n
	}
	if grown[0] > 0 && grown[1] > 0 && grown[0]+grown[1] <= maxInterleaved {
		return l.drainBoth(turns, grown)
	}
	var err error
	for i, e := range s.ends {
		err = errors.Join(err, l.move(Stdout+Stream(i), e, grown[i]))
	}
	return err
}

// grown returns how much of a spool is to be moved. A program may have emptied
// it, as one that opens /dev/stdout anew.
func (e *spool) grown() (int64, error) {
	var info unix.Stat_t
	if err := unix.Fstat(int(e.file.Fd()), &info); err != nil {
		return 0, os.NewSyscallError("fstat", err)
	}
	if info.Size < e.read {
		e.read, e.freed = 0, 0
	}
	return info.Size - e.read, nil
}

// maxInterleaved bounds what is read of two streams to put it into an order.
const maxInterleaved = 1 << 20

// drainBoth moves what both streams have, in the order of the turns.
func (l *Log) drainBoth(turns []Stream, grown [2]int64) error {
	var texts [2][]byte
	for i, e := range l.spools.ends {
		texts[i] = make([]byte, grown[i])
		n, err := e.file.ReadAt(texts[i], e.read)
		if n < len(texts[i]) {
			return err
		}
		e.moved(grown[i])
	}
	var err error
	for _, p := range interleave(turns, texts[0], texts[1]) {
		err = errors.Join(err, l.add(p.stream, p.text))
	}
	return err
}

// moveSize is how much is moved at a time.
const moveSize = 256 << 10

// move moves so much of a spool to the log. What can't be kept is lost: the
// program has nothing to do with that.
func (l *Log) move(s Stream, e *spool, size int64) error {
	if size > 0 && l.buf == nil {
		l.buf = make([]byte, moveSize)
	}
	var err error
	for size > 0 {
		n, rerr := e.file.ReadAt(l.buf[:min(size, moveSize)], e.read)
		if n == 0 {
			return errors.Join(err, rerr)
		}
		if aerr := l.add(s, l.buf[:n]); aerr != nil {
			err = aerr
		}
		size -= int64(n)
		e.moved(int64(n))
	}
	return err
}

// freeSize is how much a spool holds that was moved before it is given back.
const freeSize = 4 << 20

// moved notes that so much more was moved, and gives its place on the disk back,
// if the disk can.
func (e *spool) moved(n int64) {
	e.read += n
	if e.read-e.freed < freeSize {
		return
	}
	end := e.read &^ (freeSize - 1)
	_ = unix.Fallocate(int(e.out.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, e.freed, end-e.freed)
	e.freed = end
}

// descriptor is a path by which the system finds an open file.
func descriptor(f *os.File) string { return "/proc/self/fd/" + strconv.Itoa(int(f.Fd())) }

const (
	// busySize is from how much on between two looks a spool is busy, and busyFor
	// for how many looks it is without a watch after that.
	busySize = 16 << 10
	busyFor  = 20
	// lookAgain is how long after a look at a busy spool comes the next one.
	lookAgain = 10 * time.Millisecond
)
