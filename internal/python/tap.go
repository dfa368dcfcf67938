package python

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"os"
)

// tap takes what a process prints to a writer, and knows when all that was
// printed until now has got there.
//
// It writes a mark into the pipe behind what the process has printed, and waits
// for it at the other end.
type tap struct {
	read, write *os.File
	mark        []byte
	marks       chan struct{}
	done        chan struct{}
	err         error // of writing; set when done
}

func openTap(w io.Writer) (*tap, error) {
	r, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	if w == nil {
		w = io.Discard
	}
	t := &tap{read: r, write: write, mark: []byte("\x00" + rand.Text() + "\x00"), marks: make(chan struct{}, 1), done: make(chan struct{})}
	go t.copy(w) // close waits for it
	return t, nil
}

// file is what the process prints to.
func (t *tap) file() *os.File { return t.write }

func (t *tap) copy(w io.Writer) {
	defer close(t.done)
	var held []byte // that may be the begin of a mark
	chunk := make([]byte, 32<<10)
	for {
		n, err := t.read.Read(chunk)
		held = append(held, chunk[:n]...)
		for {
			before, after, found := bytes.Cut(held, t.mark)
			if !found {
				break
			}
			t.pass(w, before)
			held = append(held[:0], after...)
			t.marks <- struct{}{}
		}
		keep := 0
		if err == nil {
			keep = begun(held, t.mark)
		}
		t.pass(w, held[:len(held)-keep])
		held = append(held[:0], held[len(held)-keep:]...)
		if err != nil {
			return
		}
	}
}

// pass writes on until it fails for the first time; what comes then is lost.
func (t *tap) pass(w io.Writer, text []byte) {
	if len(text) == 0 || t.err != nil {
		return
	}
	_, t.err = w.Write(text)
}

// begun returns how many bytes at the end of a text a mark may begin with.
func begun(text, mark []byte) int {
	for n := min(len(mark)-1, len(text)); n > 0; n-- {
		if bytes.HasSuffix(text, mark[:n]) {
			return n
		}
	}
	return 0
}

// settle returns when all is written that was printed before. A nil tap has
// nothing to wait for.
func (t *tap) settle() error {
	if t == nil {
		return nil
	}
	if _, err := t.write.Write(t.mark); err != nil {
		return err
	}
	<-t.marks
	return nil
}

// close ends the tap, and returns the first error of the writer.
func (t *tap) close() error {
	if t == nil {
		return nil
	}
	err := t.settle() // others that the process has left behind may hold the pipe
	err = errors.Join(err, t.write.Close(), t.read.Close())
	<-t.done
	return errors.Join(err, t.err)
}
