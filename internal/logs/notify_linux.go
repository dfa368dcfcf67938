package logs

import (
	"encoding/binary"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// notifier tells of files that were written to.
type notifier struct {
	fd   int
	file *os.File
	quit chan struct{}
	done chan struct{}
}

// gather is how long events are left to gather after some were told: writes in
// a row to one file are one event.
const gather = 10 * time.Millisecond

// newNotifier returns a notifier that calls told with the marks of files, from
// a goroutine of its own.
func newNotifier(told func(mark int)) (*notifier, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, err
	}
	n := &notifier{fd: fd, file: os.NewFile(uintptr(fd), "inotify"), quit: make(chan struct{}), done: make(chan struct{})}
	go n.run(told) // ended by close, which waits for it
	return n, nil
}

// eventsAtOnce is how many bytes of events are read at a time. Each has 16 and,
// for a file that is watched by itself, no name.
const eventsAtOnce = 256 * unix.SizeofInotifyEvent

func (n *notifier) run(told func(mark int)) {
	defer close(n.done)
	buf := make([]byte, eventsAtOnce)
	for {
		size, err := n.file.Read(buf)
		if err != nil {
			return // it was closed
		}
		for b := buf[:size]; len(b) >= unix.SizeofInotifyEvent; {
			told(int(int32(binary.NativeEndian.Uint32(b))))
			b = b[min(len(b), unix.SizeofInotifyEvent+int(binary.NativeEndian.Uint32(b[12:]))):]
		}
		select {
		case <-time.After(gather):
		case <-n.quit:
			return
		}
	}
}

// add begins to tell of a file and returns its mark.
func (n *notifier) add(path string) (mark int, err error) {
	return unix.InotifyAddWatch(n.fd, path, unix.IN_MODIFY)
}

// remove ends what add began.
func (n *notifier) remove(mark int) {
	_, _ = unix.InotifyRmWatch(n.fd, uint32(mark)) // a file that was removed has no mark any more
}

// close ends the telling, after a call that is under way.
func (n *notifier) close() {
	close(n.quit)
	_ = n.file.Close() // nothing was written to it
	<-n.done
}
