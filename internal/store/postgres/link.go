package postgres

import (
	"context"
	"strconv"
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

	mu sync.Mutex
	// locks has the epochs of those that are wanted, and whether they are held.
	locks map[int64]bool
	asks  []ask
	ring  bool
	// interrupt ends the waiting for notifications.
	interrupt context.CancelFunc
}

// holdTimeout is how long a lease waits for its lock while the connection is
// being made again: others wait for the transaction.
const holdTimeout = 3 * time.Second

// takePause is how long a lock that others look at is left to them.
const takePause = 20 * time.Millisecond

// ask is something to be done on the connection.
type ask struct {
	do   func(context.Context, *pgx.Conn) error
	done chan error
}

func openLink(config *pgx.ConnConfig, schema string, heard func()) *link {
	config.RuntimeParams["application_name"] = linkName(schema)
	ctx, cancel := context.WithCancel(context.Background())
	k := &link{
		config: config, space: space(schema), channel: "pawl_" + strconv.FormatUint(uint64(uint32(space(schema))), 10), heard: heard,
		cancel: cancel, ended: make(chan struct{}),
		locks: make(map[int64]bool), interrupt: func() {},
	}
	go k.live(ctx)
	return k
}

// linkName is what the server calls the connection.
func linkName(schema string) string { return "pawl locks of " + schema }

// close ends the leases whose locks are held, and frees the locks.
func (k *link) close() {
	k.cancel()
	<-k.ended
}

// hold takes the lock of an epoch, and keeps it from then on.
func (k *link) hold(ctx context.Context, epoch int64) error {
	a := ask{
		do: func(ctx context.Context, c *pgx.Conn) error {
			k.want(epoch, true)
			return k.take(ctx, c)
		},
		done: make(chan error, 1),
	}
	k.ask(a)
	ctx, cancel := context.WithTimeout(ctx, holdTimeout)
	defer cancel()
	select {
	case err := <-a.done:
		return err
	case <-ctx.Done():
		k.drop(epoch)
		return context.Cause(ctx)
	}
}

// want notes whether the lock of an epoch is to be held. It reports whether it
// was held until now.
func (k *link) want(epoch int64, wanted bool) (held bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	held = k.locks[epoch]
	if wanted {
		k.locks[epoch] = held
	} else {
		delete(k.locks, epoch)
	}
	return held
}

// take takes the locks that are wanted and not held. What others hold, for the
// moment in which they look whether it is free, is left for later.
func (k *link) take(ctx context.Context, c *pgx.Conn) error {
	for _, epoch := range k.missing() {
		var taken bool
		err := c.QueryRow(ctx, "SELECT pg_try_advisory_lock($1, $2)", k.space, int32(epoch)).Scan(&taken)
		if err != nil {
			return err
		}
		k.mu.Lock()
		k.locks[epoch] = taken
		k.mu.Unlock()
	}
	return nil
}

// missing returns the epochs of the locks that are wanted and not held.
func (k *link) missing() []int64 { return k.wanted(false) }

// held returns the epochs of the locks that are held.
func (k *link) held() []int64 { return k.wanted(true) }

func (k *link) wanted(held bool) (epochs []int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for epoch, is := range k.locks {
		if is == held {
			epochs = append(epochs, epoch)
		}
	}
	return epochs
}

// drop frees the lock of an epoch, if it is held here.
func (k *link) drop(epoch int64) {
	if epoch == 0 {
		return
	}
	k.ask(ask{
		do: func(ctx context.Context, c *pgx.Conn) error {
			if held := k.want(epoch, false); !held {
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

// again leaves what could not be done to the next connection.
func (k *link) again(asks []ask) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asks = append(asks, k.asks...)
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
		if ctx.Err() != nil { // the store is closed
			_, _ = c.Exec(end, endLeases, k.held()) // they run out anyway
		}
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

const endLeases = `
	WITH ended AS (DELETE FROM leases WHERE id = ANY ($1))
	UPDATE attempts SET epoch = 0, wake = 0 WHERE state = 0 AND epoch <> 0 AND epoch = ANY ($1)`

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
	for epoch := range k.locks {
		k.locks[epoch] = false
	}
	k.mu.Unlock()
	return k.take(ctx, c)
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
	for i, a := range asks {
		err := a.do(ctx, c)
		if c.IsClosed() {
			k.again(asks[i:])
			return
		}
		a.done <- err
	}
	if ring && !c.IsClosed() {
		_, _ = c.Exec(ctx, "SELECT pg_notify($1, '')", k.channel) // it may be lost
	}
	if len(k.missing()) > 0 {
		_ = k.take(ctx, c) // a connection that is broken is seen to be so below
		stop := time.AfterFunc(takePause, interrupt)
		defer stop.Stop()
	}
	n, err := c.WaitForNotification(wait)
	if err == nil && n.PID != c.PgConn().PID() {
		k.heard()
	}
}
