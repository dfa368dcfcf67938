package logs

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

// Log is what one run of a try prints, on this machine. Its methods may be called
// concurrently. The file is made when something is printed first.
type Log struct {
	path string
	// limit is how many bytes the file may have; 0 is any number.
	limit int64
	// now tells when something is printed.
	now func() time.Time
	// made is called once the file exists, done once nothing is printed any more.
	// They may be nil.
	made, done func()
	of         *open // where it is known
	users      int   // which are to close it; of's

	mu     sync.Mutex
	closed bool
	file   *os.File
	index  indexer
	// end is how many bytes were ever printed, size how many the file has.
	end, size int64
	spools    *spools // for programs; nil until one wants them
	buf       []byte
	// frames are those of records in what each stream prints, of which those from
	// keep on are kept. midline says that the last line has not ended.
	frames  [2]frames
	keep    Level
	midline bool
}

// Write adds what is printed to standard output.
func (l *Log) Write(p []byte) (int, error) { return l.write(Stdout, p) }

// Errors returns a writer that adds what is printed to standard error.
func (l *Log) Errors() io.Writer { return errorsOf{l} }

type errorsOf struct{ *Log }

func (e errorsOf) Write(p []byte) (int, error) { return e.write(Stderr, p) }

func (l *Log) write(s Stream, p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return 0, os.ErrClosed
	}
	if err := l.drain(); err != nil {
		return 0, err
	}
	if err := l.add(s, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Files returns files for a program to print to, which stay the Log's to close.
// They are nil where the program has to print through the writers.
func (l *Log) Files() (out, err *os.File) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, nil
	}
	if l.spools == nil {
		l.spools = l.of.pump.open(l)
	}
	return l.spools.files()
}

// sync adds what programs have printed by now.
func (l *Log) sync() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		_ = l.drain() // what can't be kept now is lost for whoever prints it
	}
}

// Close adds what was printed last. It is called once for each Append.
func (l *Log) Close() error {
	if !l.of.leave(l) {
		l.sync()
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.drain()
	for i := range l.frames {
		err = errors.Join(err, l.put(Stdout+Stream(i), NoLevel, l.frames[i].left()))
	}
	l.closed = true
	l.of.pump.close(l.spools)
	err = errors.Join(err, l.index.close())
	if l.file != nil {
		err = errors.Join(err, l.file.Close())
	}
	if l.done != nil {
		l.done()
	}
	return err
}

// open makes the file, or goes on with one.
func (l *Log) open() error {
	f, err := create(l.path)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	l.file, l.size = f, info.Size()
	if l.index, l.end, err = openIndexer(l.path, l.size, info.ModTime()); err != nil {
		return err
	}
	if l.made != nil {
		l.made()
	}
	return nil
}

// keepFrom sets from which level on records are kept.
func (l *Log) keepFrom(level Level) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keep = level
}

// add adds what a stream has printed.
func (l *Log) add(s Stream, p []byte) error {
	for len(p) > 0 {
		text, record, rest := l.frames[s-Stdout].cut(p)
		level := NoLevel
		if record != nil && record.Level >= l.keep {
			level, text = record.Level, record.text()
			if l.midline {
				text = append([]byte{'\n'}, text...)
			}
		}
		if err := l.put(s, level, text); err != nil {
			return err
		}
		p = rest
	}
	return nil
}

// put adds a text of a stream, or that of a record.
func (l *Log) put(s Stream, level Level, p []byte) error {
	if len(p) == 0 {
		return nil
	}
	if l.file == nil {
		if err := l.open(); err != nil {
			return err
		}
	}
	for len(p) > 0 {
		part := p
		if l.limit > 0 {
			if l.size >= l.limit {
				if err := l.leaveOut(); err != nil {
					return err
				}
			}
			part = p[:min(int64(len(p)), l.limit-l.size)]
		}
		if err := l.index.note(kind{s, level}, l.now(), l.end+int64(len(part))); err != nil {
			return err
		}
		n, err := l.file.Write(part)
		l.end += int64(n)
		l.size += int64(n)
		if err != nil {
			return err
		}
		l.midline = part[n-1] != '\n'
		p = p[n:]
	}
	return nil
}
