package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/postgres/postgrestest"
	"github.com/pawlhq/pawl/internal/store/storetest"
)

// These tests are about several stores on one database, as those of several
// processes are.

// ownedBy makes attempts for a new lease.
func ownedBy(t testing.TB, s *Store, owner string, n int) (epoch int64, ids []model.AttemptID) {
	t.Helper()
	epoch = newLease(t, s, owner)
	starts := make([]store.Start, n)
	for i := range starts {
		starts[i] = startOf(fmt.Sprint(owner, i))
		starts[i].Owner, starts[i].Epoch = owner, epoch
	}
	list, err := s.StartAll(ctx, starts)
	if err != nil {
		t.Fatal(err)
	}
	return epoch, column(list, func(a *store.Attempt) model.AttemptID { return a.ID })
}

func TestWhatOneStoreWritesAnotherHears(t *testing.T) {
	t.Parallel()
	cfg := emptyConfig(t)
	writer, listener := openAndClose(t, cfg), openAndClose(t, cfg)
	heard := make(chan struct{}, 1)
	defer listener.Watch(func() {
		select {
		case heard <- struct{}{}:
		default:
		}
	})()
	wait := func(what string) {
		t.Helper()
		select {
		case <-heard:
		case <-time.After(2 * time.Minute):
			t.Fatalf("nobody was called after %s", what)
		}
	}
	wait("the connection was made") // what came before it may be missed
	startOne(t, writer, "k")
	wait("a start")
	terminateLinks(t, writer, cfg)
	wait("the connection was made again")
	startOne(t, writer, "l")
	wait("another start")
}

// terminateLinks breaks the connections that the stores of a schema keep.
func terminateLinks(t *testing.T, s *Store, cfg Config) {
	t.Helper()
	var ended []int32
	err := s.pool.QueryRow(ctx, `
		WITH links AS MATERIALIZED (SELECT pid FROM pg_stat_activity WHERE application_name = $1)
		SELECT array_agg(pid) FROM links WHERE pg_terminate_backend(pid)`,
		linkName(cfg.Schema)).Scan(&ended)
	if err != nil || len(ended) == 0 {
		t.Fatalf("%d connections were ended, error %v", len(ended), err)
	}
	within(t, "the connections have ended", func() bool {
		var left int
		err := s.pool.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE pid = ANY ($1)`, ended).Scan(&left)
		return err == nil && left == 0
	})
}

func TestALockIsTakenAgainWhenItsConnectionBreaks(t *testing.T) {
	t.Parallel()
	cfg := emptyConfig(t)
	owner, other := openAndClose(t, cfg), openAndClose(t, cfg)
	epoch, _ := ownedBy(t, owner, "a", 1)
	alive := func() (alive bool) {
		err := other.withConn(ctx, func(ctx context.Context, c *pgx.Conn) (err error) {
			alive, err = database{other}.Alive(conn{ctx, c}, epoch)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return alive
	}
	if !alive() {
		t.Fatal("the owner counts as dead from the start")
	}
	terminateLinks(t, other, cfg)
	within(t, "the lock is held again", alive)
	wantClaim(t, other, "b", newLease(t, other, "b"))
	if err := owner.EndLease(ctx, "a", epoch); err != nil {
		t.Fatal(err)
	}
	within(t, "the lock is free", func() bool { return !alive() })
}

// Two processes that hold the same lease are a mistake, or one process and a
// commit of it that lost its way. They write one after the other, and nothing
// after the attempt was let go of.
func TestStoresWithTheSameEpochFenceEachOther(t *testing.T) {
	t.Parallel()
	cfg := emptyConfig(t)
	stores := []*Store{openAndClose(t, cfg), openAndClose(t, cfg)}
	epoch, ids := ownedBy(t, stores[0], "a", 1)
	heir := newLease(t, stores[0], "b")
	var group errgroup.Group
	var written [2]int64
	for i, s := range stores {
		group.Go(func() error {
			for n := int64(1); ; n++ {
				b := step(ids[0], n)
				b.Owner, b.Epoch = "a", epoch
				b.Tasks[0].Try = int32(i)
				if n == 50 && i == 0 {
					b.Release = []store.Release{{Attempt: ids[0]}}
				}
				err := s.Commit(ctx, b)
				if model.CodeOf(err) == model.Conflict && err != nil {
					return nil
				}
				if err != nil {
					return err
				}
				written[i] = n
			}
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if written[0] != 50 {
		t.Errorf("the store that released wrote up to %d, want 50", written[0])
	}
	wantClaim(t, stores[1], "b", heir, ids[0])
}

// Ends, posts, starts of followers, claims and leases that end meet on the
// same rows, in all orders.
func TestNobodyWaitsForeverAndNoWakeIsLost(t *testing.T) {
	t.Parallel()
	cfg := emptyConfig(t)
	stores := []*Store{openAndClose(t, cfg), openAndClose(t, cfg), openAndClose(t, cfg)}
	const chains = 40
	var sessions []model.SessionID
	var firsts []model.AttemptID
	epochs := make([]int64, len(stores))
	for i, s := range stores {
		epochs[i] = newLease(t, s, fmt.Sprint("owner", i))
	}
	// Each session has two attempts, of different owners.
	for c := range chains {
		for i := range 2 {
			at := (c + i) % len(stores)
			start := startOf(fmt.Sprint(c))
			start.Name, start.Owner, start.Epoch = fmt.Sprint(i), fmt.Sprint("owner", at), epochs[at]
			a, _, err := stores[0].StartAttempt(ctx, start)
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				sessions = append(sessions, a.Session.ID)
			}
			firsts = append(firsts, a.ID)
		}
	}
	deadline, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	group, run := errgroup.WithContext(deadline)
	for i, s := range stores {
		group.Go(func() error { // ends what it owns, a few at a time
			var mine []model.AttemptID
			for n, id := range firsts {
				if (n/2+n%2)%len(stores) == i {
					mine = append(mine, id)
				}
			}
			rand.Shuffle(len(mine), func(a, b int) { mine[a], mine[b] = mine[b], mine[a] })
			for len(mine) > 0 {
				b := &store.Batch{Owner: fmt.Sprint("owner", i), Epoch: epochs[i]}
				for _, id := range mine[:min(5, len(mine))] {
					b.Attempts = append(b.Attempts, engine.AttemptRow{ID: id, State: engine.AttemptSuccess})
				}
				if err := s.Commit(run, b); err != nil {
					return err
				}
				mine = mine[len(b.Attempts):]
			}
			return nil
		})
		group.Go(func() error { // starts followers
			for _, n := range rand.Perm(chains) {
				start := startOf(fmt.Sprintf("follower %d of %d", i, n))
				start.After = sessions[n]
				if _, _, err := s.StartAttempt(run, start); err != nil {
					return err
				}
			}
			return nil
		})
		group.Go(func() error { // posts to several at once
			for range 30 {
				var posts []store.Post
				for range 6 {
					posts = append(posts, store.Post{Attempt: firsts[rand.IntN(len(firsts))], Command: engine.Command{Kind: engine.Kill}})
				}
				if err := s.Post(run, posts); err != nil && model.CodeOf(err) != model.Conflict {
					return err
				}
			}
			return nil
		})
		group.Go(func() error { // comes and goes
			for n := range 10 {
				owner := fmt.Sprintf("visitor %d", i)
				epoch, err := s.Lease(run, owner, 0, time.Hour)
				if err != nil {
					return err
				}
				if _, err := s.Claim(run, 0, owner, epoch, now-model.Instant(n), 0); err != nil {
					return err
				}
				if err := s.EndLease(run, owner, epoch); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	list, _, err := stores[0].ListAttempts(ctx, store.Filter{Running: true}, store.Page{Limit: 1000})
	if err != nil || len(list) != chains*len(stores) {
		t.Fatalf("%d attempts run, error %v, want %d", len(list), err, chains*len(stores))
	}
	for _, a := range list {
		if a.Wake != 0 {
			t.Errorf("attempt %d, after session %d that is done, wakes at %d", a.ID, a.After, a.Wake)
		}
	}
	for _, id := range firsts {
		if got, err := stores[0].Load(ctx, id); err != nil || len(got.Inbox) > 0 {
			t.Errorf("attempt %d is done and has %d posts, error %v", id, len(got.Inbox), err)
		}
	}
}

func TestAReleaseNeverMissesAPost(t *testing.T) {
	t.Parallel()
	cfg := emptyConfig(t)
	owner, poster := openAndClose(t, cfg), openAndClose(t, cfg)
	epoch, ids := ownedBy(t, owner, "a", 60)
	var group errgroup.Group
	group.Go(func() error {
		for _, id := range ids {
			b := &store.Batch{Owner: "a", Epoch: epoch, Release: []store.Release{{Attempt: id, Wake: model.Never}}}
			if err := owner.Commit(ctx, b); err != nil {
				return err
			}
		}
		return nil
	})
	group.Go(func() error {
		for _, id := range ids {
			if err := poster.Post(ctx, []store.Post{{Attempt: id, Command: engine.Command{Kind: engine.Kill}}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if a, err := owner.Attempt(ctx, id); err != nil || a.Wake != 0 {
			t.Errorf("attempt %d with a post wakes at %d, error %v", id, a.Wake, err)
		}
	}
}

func TestARestartOfTheServerLosesNothing(t *testing.T) {
	t.Parallel()
	server := postgrestest.Own(t)
	s := openAndClose(t, Config{URL: server.URL})
	const workers, restarts = 4, 2
	epoch, ids := ownedBy(t, s, "a", workers)
	var acknowledged [workers]int64
	stop := make(chan struct{})
	var group errgroup.Group
	for i, id := range ids {
		group.Go(func() error {
			for n := int64(1); ; {
				select {
				case <-stop:
					return nil
				default:
				}
				b := step(id, n)
				b.Owner, b.Epoch = "a", epoch
				b.Attempts = []engine.AttemptRow{{ID: id, Tasks: int32(n)}}
				switch err := s.Commit(ctx, b); {
				case err == nil:
					acknowledged[i] = n
					n++
				case model.CodeOf(err) != model.Unavailable:
					return err
				}
			}
		})
	}
	starts := 0
	group.Go(func() error { // a start that failed made nothing
		for {
			select {
			case <-stop:
				return nil
			default:
			}
			_, made, err := s.StartAttempt(ctx, startOf(fmt.Sprint("s", starts)))
			switch {
			case err == nil && !made:
				return fmt.Errorf("start %d was made although it had failed", starts)
			case err == nil:
				starts++
			case model.CodeOf(err) != model.Unavailable:
				return err
			}
		}
	})
	for range restarts {
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
	}
	startOneSoon(t, s)
	close(stop)
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for i, id := range ids {
		storetest.CheckWhole(t, s, id, acknowledged[i])
		if acknowledged[i] == 0 {
			t.Error("nothing was acknowledged")
		}
	}
	within(t, "the lock is held again", func() bool {
		_, err := s.Lease(ctx, "a", 0, time.Hour)
		return model.CodeOf(err) == model.Conflict && err != nil
	})
}

func startOneSoon(t *testing.T, s *Store) {
	t.Helper()
	within(t, "an attempt is made", func() bool {
		_, _, err := s.StartAttempt(ctx, startOf("after the restart"))
		return err == nil
	})
}

func TestWhatBecameOfATransactionIsKnown(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	for end, want := range map[string]bool{"commit": true, "rollback": false} {
		l := newLane()
		err := s.useConn(ctx, func(c *pgx.Conn) error {
			var b pgx.Batch
			l.begin(&b, s.space)
			b.Queue(end)
			return c.SendBatch(ctx, &b).Close()
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := l.committed(s); got != want {
			t.Errorf("after a %s the transaction is committed: %v", end, got)
		}
	}
}

func TestATransactionThatACrashTookIsNotCommitted(t *testing.T) {
	t.Parallel()
	server := postgrestest.Own(t)
	s := openAndClose(t, Config{URL: server.URL})
	l := newLane()
	_ = s.useConn(ctx, func(c *pgx.Conn) error {
		var b pgx.Batch
		l.begin(&b, s.space)
		if err := c.SendBatch(ctx, &b).Close(); err != nil {
			t.Error(err)
		}
		return server.Restart() // which is a crash, and its transaction is lost
	})
	startOneSoon(t, s) // with the id of the one that was lost
	if l.committed(s) {
		t.Error("it counts as committed")
	}
}
