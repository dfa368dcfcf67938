package script

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/internal/process/pyfork"
)

const (
	// defaultIdle is how long a template is kept that nobody uses.
	defaultIdle = time.Minute
	// startLimit bounds how long a script may take to say what it starts.
	startLimit = 30 * time.Second
	// maxTemplates bounds those that are kept; each takes some 10 MB.
	maxTemplates = 4
)

// templates are Pythons that have started, by how they were started.
type templates struct {
	idle  time.Duration
	shims shims

	mu     sync.Mutex
	closed bool
	kept   []*lease // most recently used first
	alive  sync.WaitGroup
}

func newTemplates() *templates { return &templates{idle: defaultIdle} }

// lease is a template with what it was started from and who uses it.
type lease struct {
	words []string // the program and its arguments
	env   []string

	ready    chan struct{}    // closed when the next three are set
	template *pyfork.Template // nil if it could not be started
	err      error            // why not
	seen     []pyfork.Stamp   // what a new start would find different

	// These belong to templates.mu.
	users  int
	kept   bool
	expiry *time.Timer
}

// call runs a call in a child of a template. The error is errCold, perhaps with
// the reason, if there is no template for it.
func (p *templates) call(ctx context.Context, c *call, words []string, m mode) ([]byte, process.Status, error) {
	if ctx.Err() != nil {
		return nil, process.Status{}, context.Cause(ctx)
	}
	program, err := process.Look(words[0], c.Workdir, c.env)
	if err != nil {
		return nil, process.Status{}, errCold
	}
	words, env := append([]string{program}, words[1:]...), c.Env
	if isScript(program) {
		if words, env, err = p.shims.resolve(ctx, c, words, m == forked); err != nil {
			return nil, process.Status{}, fmt.Errorf("%w: %s is a script, and %w", errCold, program, err)
		}
	}
	l, isNew := p.acquire(words, env)
	if l == nil {
		return nil, process.Status{}, errCold
	}
	defer p.release(l)
	if isNew {
		p.start(ctx, l)
	}
	select {
	case <-l.ready:
	case <-ctx.Done():
		return nil, process.Status{}, context.Cause(ctx)
	}
	if l.template == nil {
		return nil, process.Status{}, fmt.Errorf("%w: %s does not start as it must: %w", errCold, l.words[0], l.err)
	}
	return c.runForked(ctx, l.template)
}

// acquire returns the lease of a template for one more user, who has to start
// the template if the lease is new.
func (p *templates) acquire(words, env []string) (l *lease, isNew bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, false
	}
	i := slices.IndexFunc(p.kept, func(l *lease) bool { return slices.Equal(l.words, words) && slices.Equal(l.env, env) })
	if i >= 0 && p.kept[i].stale() {
		p.drop(p.kept[i])
		i = -1
	}
	if i >= 0 {
		l = p.kept[i]
		p.kept = slices.Delete(p.kept, i, i+1)
	} else {
		l = &lease{words: words, env: env, ready: make(chan struct{}), kept: true}
		isNew = true
		if len(p.kept) == maxTemplates {
			p.drop(p.kept[maxTemplates-1])
		}
	}
	p.kept = slices.Insert(p.kept, 0, l)
	l.users++
	if l.expiry != nil {
		l.expiry.Stop()
	}
	return l, isNew
}

// start starts the template of a new lease. If that fails, calls are run in
// processes of their own, which say what is wrong if it is wrong there too.
func (p *templates) start(ctx context.Context, l *lease) {
	defer close(l.ready)
	l.seen = []pyfork.Stamp{pyfork.StampOf(l.words[0])}
	t, folders, err := pyfork.Start(ctx, l.words, l.env, pythonRunner+"\n"+templateSource)
	if err != nil {
		l.err = err
		return
	}
	for _, f := range folders {
		l.seen = append(l.seen, pyfork.StampOf(f))
	}
	l.template = t
	p.alive.Go(t.Listen)
}

// stale tells whether a new start would differ.
func (l *lease) stale() bool {
	select {
	case <-l.ready:
	default:
		return false
	}
	return l.template != nil && l.template.Broken() || slices.ContainsFunc(l.seen, pyfork.Stamp.Changed)
}

func (p *templates) release(l *lease) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l.users--
	switch {
	case l.users > 0:
	case l.kept:
		l.expiry = time.AfterFunc(p.idle, func() { p.expire(l) })
	default:
		l.end()
	}
}

func (p *templates) expire(l *lease) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.users == 0 && l.kept {
		p.drop(l)
	}
}

// drop gives a lease to nobody any more and ends it when nobody has it.
func (p *templates) drop(l *lease) {
	p.kept = slices.DeleteFunc(p.kept, func(k *lease) bool { return k == l })
	l.kept = false
	if l.users == 0 {
		l.end()
	}
}

func (l *lease) end() {
	if l.expiry != nil {
		l.expiry.Stop()
	}
	if l.template != nil {
		l.template.Close()
	}
}

// close ends all templates, and waits until they have ended.
func (p *templates) close() {
	p.mu.Lock()
	p.closed = true
	for len(p.kept) > 0 {
		p.drop(p.kept[0])
	}
	p.mu.Unlock()
	p.alive.Wait()
}
