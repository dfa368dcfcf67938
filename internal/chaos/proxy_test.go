//go:build linux

package chaos

import (
	"errors"
	"net"
	"sync"
	"testing"
)

// proxy stands between one process and the database, to come between them.
type proxy struct {
	listener net.Listener
	target   string
	work     sync.WaitGroup

	mu    sync.Mutex
	links map[*link]struct{}
	shut  bool          // nobody gets through
	held  chan struct{} // nil, or closed once bytes may pass again
}

// link is one connection that goes through.
type link struct {
	near, far net.Conn
	// orphaned is nil, or closed once the far side may learn that the near one
	// is gone.
	orphaned chan struct{}
}

func (l *link) close() { _ = errors.Join(l.near.Close(), l.far.Close()) } // it may be closed

// startProxy begins to pass on connections to a target until the test ends.
func startProxy(t *testing.T, target string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, target: target, links: make(map[*link]struct{})}
	p.work.Go(p.accept)
	t.Cleanup(func() {
		_ = listener.Close() // accept ends by it
		p.release()
		p.cut()
		p.work.Wait()
	})
	return p
}

func (p *proxy) address() string { return p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		near, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.work.Go(func() { p.join(near) })
	}
}

func (p *proxy) join(near net.Conn) {
	far, err := net.Dial("tcp", p.target)
	if err != nil {
		_ = near.Close() // there is no database to be reached
		return
	}
	l := &link{near: near, far: far}
	p.mu.Lock()
	shut := p.shut
	p.links[l] = struct{}{}
	p.mu.Unlock()
	if shut {
		l.close()
	}
	p.work.Go(func() { p.pass(l, l.near, l.far) })
	p.pass(l, l.far, l.near)
}

// pass hands on what comes from one side until one of them is closed.
func (p *proxy) pass(l *link, from, to net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		p.wait()
		if n > 0 && err == nil {
			_, err = to.Write(buffer[:n])
		}
		if err != nil {
			p.end(l)
			return
		}
	}
}

// end ends a link once both sides may know.
func (p *proxy) end(l *link) {
	p.mu.Lock()
	orphaned := l.orphaned
	delete(p.links, l)
	p.mu.Unlock()
	if orphaned != nil {
		<-orphaned
	}
	l.close()
}

// wait returns when bytes may pass.
func (p *proxy) wait() {
	p.mu.Lock()
	held := p.held
	p.mu.Unlock()
	if held != nil {
		<-held
	}
}

// cut ends all connections, on both sides.
func (p *proxy) cut() { p.each((*link).close) }

// refuse ends all connections and lets nobody through until allow.
func (p *proxy) refuse() {
	p.mu.Lock()
	p.shut = true
	p.mu.Unlock()
	p.cut()
}

func (p *proxy) allow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut = false
}

// orphan ends the connections for the process, and leaves the database to
// believe that they stand until the channel that it returns is closed.
func (p *proxy) orphan() chan struct{} {
	until := make(chan struct{})
	p.each(func(l *link) {
		l.orphaned = until
		_ = l.near.Close() // it may be closed
	})
	return until
}

// hold stops all bytes on the way until release.
func (p *proxy) hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held == nil {
		p.held = make(chan struct{})
	}
}

func (p *proxy) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held != nil {
		close(p.held)
		p.held = nil
	}
}

func (p *proxy) each(f func(*link)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		f(l)
	}
}
