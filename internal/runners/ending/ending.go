// Package ending ends programs that were asked to end and do not: it waits, and kills
// them. It knows nothing of what they are.
package ending

import (
	"context"
	"sync"
	"time"
)

// Grace is how long a program that was asked to end may take.
const Grace = 30 * time.Second

// How often a program is looked at, and how often it is asked again: one that has just
// begun may have missed it.
const (
	lookEvery = 100 * time.Millisecond
	askEvery  = 2 * time.Second
)

// Program is one that was asked to end.
type Program struct {
	// Ended reports whether it has. Nil says that whoever kills it finds out.
	Ended func() bool
	// Ask, if not nil, asks it to end once more.
	Ask func()
	// Kill kills it, unless it has ended. Required.
	Kill func(context.Context)
}

// Killers see to the ends of programs. Whoever closes them before leaves that to whoever
// calls a program off next.
type Killers struct {
	closing context.Context
	close   context.CancelFunc
	running sync.WaitGroup
}

// New returns killers, which are to be closed.
func New() *Killers {
	k := new(Killers)
	k.closing, k.close = context.WithCancel(context.Background())
	return k
}

// See sees to the end of a program, and does not wait for it.
func (k *Killers) See(p Program) { k.running.Go(func() { k.see(p) }) }

func (k *Killers) see(p Program) {
	var look, again <-chan time.Time
	if p.Ended != nil {
		t := time.NewTicker(lookEvery)
		defer t.Stop()
		look = t.C
	}
	if p.Ask != nil {
		t := time.NewTicker(askEvery)
		defer t.Stop()
		again = t.C
	}
	late := time.NewTimer(Grace)
	defer late.Stop()
	for {
		select {
		case <-k.closing.Done():
			return
		case <-look:
			if p.Ended() {
				return
			}
		case <-again:
			p.Ask()
		case <-late.C:
			p.Kill(k.closing)
			return
		}
	}
}

// Close ends all that goes on, and no program.
func (k *Killers) Close() {
	k.close()
	k.running.Wait()
}
