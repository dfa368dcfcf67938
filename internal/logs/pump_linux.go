package logs

import (
	"encoding/binary"
	"errors"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// pump moves what programs print from their spools to the logs of a store. The
// system tells it in which order these were written to.
type pump struct {
	mu sync.Mutex
	// events are the system's; nil before the first spools. fd is its descriptor.
	events *os.File
	fd     int
	buf    []byte
	all    map[*spools]bool
	free   []*spools
	ends   map[int32]end // by their watches
	// timer starts the loop where tries last so long; running says that it runs.
	timer   *time.Timer
	running bool
}

// end is one spool of a pair.
type end struct {
	of     *spools
	stream Stream
}

const (
	// loopAfter is how long spools are open before the loop starts. Shorter tries
	// move what they print when they end.
	loopAfter = 5 * time.Millisecond
	// together is how long is waited after a write for more of them.
	together = 2 * time.Millisecond
)

// add begins to tell of writes to spools, which a log gets.
func (p *pump) add(s *spools, l *Log) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.log = l
	if p.events == nil {
		fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
		if err != nil {
			return os.NewSyscallError("inotify_init1", err)
		}
		p.fd, p.events, p.buf = fd, os.NewFile(uintptr(fd), "inotify"), make([]byte, eventsAtOnce)
		p.all, p.ends = make(map[*spools]bool), make(map[int32]end)
	}
	for i, e := range s.ends {
		if e.watch != 0 {
			continue
		}
		if err := p.watch(s, i); err != nil {
			p.unwatch(s)
			return err
		}
	}
	p.all[s] = true
	if !p.running && p.timer == nil {
		p.timer = time.AfterFunc(loopAfter, p.start)
	}
	return nil
}

func (p *pump) watch(s *spools, i int) error {
	watch, err := unix.InotifyAddWatch(p.fd, descriptor(s.ends[i].file), unix.IN_MODIFY)
	if err != nil {
		return os.NewSyscallError("inotify_add_watch", err)
	}
	s.ends[i].watch = int32(watch)
	p.ends[int32(watch)] = end{s, Stdout + Stream(i)}
	return nil
}

func (p *pump) unwatch(s *spools) {
	for _, e := range s.ends {
		p.unwatchEnd(e)
	}
}

func (p *pump) unwatchEnd(e *spool) {
	if e.watch != 0 {
		delete(p.ends, e.watch)
		_, _ = unix.InotifyRmWatch(p.fd, uint32(e.watch)) // it is there
		e.watch = 0
	}
}

// used returns spools that were used before, if there are any.
func (p *pump) used() *spools {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.free) - 1
	if last < 0 {
		return nil
	}
	s := p.free[last]
	p.free = p.free[:last]
	return s
}

// maxFree bounds the spools that are kept for other tries.
const maxFree = 64

// remove ends what add began, and keeps the spools for others if that can be.
func (p *pump) remove(s *spools) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.all, s)
	p.collect() // what is told later is of another log
	if len(p.free) < maxFree && s.empty() {
		p.free = append(p.free, s)
	} else {
		p.unwatch(s)
		s.discard()
	}
	if len(p.all) > 0 {
		return
	}
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
	if p.running {
		_ = p.events.SetReadDeadline(time.Unix(1, 0)) // wakes the loop, which ends
	}
}

// start starts the loop, if there is still something to do for it.
func (p *pump) start() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer = nil
	if len(p.all) > 0 && !p.running {
		p.running = true
		go p.run() // ends soon after the last spools were removed
	}
}

// run moves what is printed until there are no spools.
func (p *pump) run() {
	conn, err := p.events.SyscallConn()
	if err != nil {
		return // tries move what they print when they end
	}
	for p.prepare() {
		_ = conn.Read(func(uintptr) bool { // its error is that it is time to look
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.collect()
		})
		for _, l := range p.due() {
			l.look()
		}
		<-time.After(together)
	}
}

// prepare sets how long to wait for events. It is false when the loop is over.
func (p *pump) prepare() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.all) == 0 {
		p.running = false
		return false
	}
	var until time.Time
	for s := range p.all {
		if s.busy() || len(s.turns) > 0 {
			until = time.Now().Add(lookAgain)
			break
		}
	}
	_ = p.events.SetReadDeadline(until)
	return true
}

// calm has spools that were busy watched again after some time, and those that
// have become so not any more. grown is how much of each was moved at a look.
func (p *pump) calm(s *spools, grown [2]int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, e := range s.ends {
		switch {
		case grown[i] >= busySize:
			e.busy = busyFor
			p.unwatchEnd(e)
		case e.busy > 0:
			// The look after the last one sees what came before the watch.
			if e.busy--; e.busy == 1 && p.watch(s, i) != nil {
				e.busy = busyFor
			}
		}
	}
}

// due returns the logs for whose spools there may be something to do.
func (p *pump) due() []*Log {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []*Log
	for s := range p.all {
		if s.busy() || len(s.turns) > 0 {
			list = append(list, s.log)
		}
	}
	return list
}

// take returns the turns of spools up to now.
func (p *pump) take(s *spools) []Stream {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.collect()
	turns := s.turns
	s.turns = nil
	return turns
}

// collect reads the events that there are, and reports whether there were any.
func (p *pump) collect() (some bool) {
	for {
		n, err := unix.Read(p.fd, p.buf)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if n <= 0 || err != nil {
			return some
		}
		some = true
		for b := p.buf[:n]; len(b) >= unix.SizeofInotifyEvent; {
			p.turn(int32(binary.NativeEndian.Uint32(b)))
			b = b[min(len(b), unix.SizeofInotifyEvent+int(binary.NativeEndian.Uint32(b[12:]))):]
		}
	}
}

// turn notes that a spool was written to.
func (p *pump) turn(watch int32) {
	e, ok := p.ends[watch]
	if !ok {
		return // it is not watched any more
	}
	if last := len(e.of.turns) - 1; last < 0 || e.of.turns[last] != e.stream {
		e.of.turns = append(e.of.turns, e.stream)
	}
}
