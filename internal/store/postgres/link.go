package postgres

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// The second numbers of advisory locks that are not those of epochs, which
// are positive.
const (
	orderLock   int32 = -1 // of transactions that number things
	migrateLock int32 = -2
)

// link is the connection that a process has all the time. The locks on it
// prove that the process lives, and it hears what others announce. It is made
// again when it breaks; what it held is free until then.
type link struct {
	config  *pgx.ConnConfig
	space   int32
	channel string
	heard   func()
	cancel  context.CancelFunc
	ended   chan struct{}

	mu   sync.Mutex
	held map[int64]bool // by epoch
	asks []ask
	ring bool
	// interrupt ends the waiting for notifications.
	interrupt context.CancelFunc
}

// ask is something to be done on the connection.
type ask struct {
	do   func(context.Context, *pgx.Conn) error
	done chan error
}

func openLink(config *pgx.ConnConfig, schema string, heard func()) *link {
	ctx, cancel := context.WithCancel(context.Background())
	k := &link{
		config: config, space: space(schema), channel: "pawl_" + schema, heard: heard,
		cancel: cancel, ended: make(chan struct{}),
		held: make(map[int64]bool), interrupt: func() {},
	}
	go k.live(ctx)
	return k
}

// close frees all locks.
func (k *link) close() {
	k.cancel()
	<-k.ended
}

// hold takes the lock of an epoch, and keeps it from then on.
func (k *link) hold(ctx context.Context, epoch int64) error {
	a := ask{
		do: func(ctx context.Context, c *pgx.Conn) error {
			if err := k.lock(ctx, c, epoch); err != nil {
				return err
			}
			k.mu.Lock()
			k.held[epoch] = true
			k.mu.Unlock()
			return nil
		},
		done: make(chan error, 1),
	}
	k.ask(a)
	select {
	case err := <-a.done:
		return err
	case <-ctx.Done():
		k.drop(epoch)
		return context.Cause(ctx)
	}
}

// lock waits for a lock, which others hold for moments, to see if it is free.
func (k *link) lock(ctx context.Context, c *pgx.Conn, epoch int64) error {
	_, err := c.Exec(ctx, "SELECT pg_advisory_lock($1, $2)", k.space, int32(epoch))
	return err
}

// drop frees the lock of an epoch, if it is held here.
func (k *link) drop(epoch int64) {
	if epoch == 0 {
		return
	}
	k.ask(ask{
		do: func(ctx context.Context, c *pgx.Conn) error {
			k.mu.Lock()
			held := k.held[epoch]
			delete(k.held, epoch)
			k.mu.Unlock()
			if !held {
				return nil
			}
			_, err := c.Exec(ctx, "SELECT pg_advisory_unlock($1, $2)", k.space, int32(epoch))
			return err
		},
		done: make(chan error, 1),
	})
}

func (k *link) ask(a ask) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asks = append(k.asks, a)
	k.interrupt()
}

// notify tells the other processes that something was written for them. What
// is told while the last was on its way is told once.
func (k *link) notify() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ring = true
	k.interrupt()
}

// live keeps a connection until it is closed.
func (k *link) live(ctx context.Context) {
	defer close(k.ended)
	const most = time.Second
	pause := 10 * time.Millisecond
	for ctx.Err() == nil {
		if k.connect(ctx) {
			pause = 10 * time.Millisecond
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
			pause = min(2*pause, most)
		}
	}
}

// connect makes a connection and serves until it breaks. It reports whether
// there was one.
func (k *link) connect(ctx context.Context) bool {
	c, err := pgx.ConnectConfig(ctx, k.config)
	if err != nil {
		return false
	}
	defer func() {
		end, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_, _ = c.Exec(end, "SELECT pg_advisory_unlock_all()") // it is closed anyway
		_ = c.Close(end)
	}()
	if err := k.begin(ctx, c); err != nil {
		return false
	}
	k.heard() // what was told meanwhile is missed
	for ctx.Err() == nil && !c.IsClosed() {
		k.serve(ctx, c)
	}
	return true
}

// begin listens, and takes the locks that the last connection had.
func (k *link) begin(ctx context.Context, c *pgx.Conn) error {
	// Since version 14, a server may end sessions that are idle for long.
	_, err := c.Exec(ctx, "SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'idle_session_timeout'")
	if err == nil {
		_, err = c.Exec(ctx, "LISTEN "+pgx.Identifier{k.channel}.Sanitize())
	}
	if err != nil {
		return err
	}
	k.mu.Lock()
	held := maps.Clone(k.held)
	k.mu.Unlock()
	for epoch := range held {
		if err := k.lock(ctx, c, epoch); err != nil {
			return err
		}
	}
	return nil
}

// serve does what was asked, or waits for a notification.
func (k *link) serve(ctx context.Context, c *pgx.Conn) {
	k.mu.Lock()
	asks, ring := k.asks, k.ring
	k.asks, k.ring = nil, false
	wait, interrupt := context.WithCancel(ctx)
	k.interrupt = interrupt
	k.mu.Unlock()
	defer interrupt()
	for _, a := range asks {
		a.done <- lost(c, a.do(ctx, c))
	}
	if ring && !c.IsClosed() {
		_, _ = c.Exec(ctx, "SELECT pg_notify($1, '')", k.channel) // it may be lost
	}
	n, err := c.WaitForNotification(wait)
	if err == nil && n.PID != c.PgConn().PID() {
		k.heard()
	}
}
