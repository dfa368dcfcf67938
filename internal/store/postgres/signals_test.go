package postgres

import (
	"fmt"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/postgres/postgrestest"
	"github.com/pawlhq/pawl/internal/store/tables"
)

// order returns a message about an order, and the key of those who wait for it.
func order(n int) (store.Message, engine.Key) {
	m := store.Message{
		Topic: "orders", Source: fmt.Sprint(n), Body: int64(n), Early: store.Early{Expires: now + 1},
		Keys: []store.MessageKey{{Param: "order", Value: fmt.Sprint(n)}},
	}
	return m, engine.Key{Topic: m.Topic, Param: "order", Value: fmt.Sprint(n)}
}

func deliver(s *Store, d store.Delivery) error {
	d.Now = now
	_, err := s.Deliver(ctx, d)
	return err
}

// listen returns the batch that opens subscriptions of a task.
func listen(id model.AttemptID, keys ...engine.Key) *store.Batch {
	return &store.Batch{Listening: []engine.Listening{{Attempt: id, Task: 1, Since: now, Keys: keys}}}
}

// inboxOf returns the bodies of the messages in the inbox of an attempt.
func inboxOf(t testing.TB, s *Store, id model.AttemptID) (list []int64) {
	t.Helper()
	got, err := s.Load(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range got.Inbox {
		n, _ := p.Command.Message.Body.(int64)
		list = append(list, n)
	}
	return list
}

// Several processes open subscriptions, change their keys and end attempts
// while several feeders deliver: each message is taken once.
func TestNoMessageFallsBetweenProcesses(t *testing.T) {
	t.Parallel()
	cfg := emptyConfig(t)
	stores := []*Store{openAndClose(t, cfg), openAndClose(t, cfg), openAndClose(t, cfg)}
	const rounds = 150
	var group errgroup.Group
	attempts := make([][]model.AttemptID, len(stores))
	for i, s := range stores {
		epoch, ids := ownedBy(t, s, fmt.Sprint("owner", i), rounds)
		attempts[i] = ids
		group.Go(func() error { // the key is changed to the one that is delivered
			for n, id := range ids {
				_, wrong := order(-1)
				_, key := order(i*rounds + n)
				first := listen(id, wrong)
				then := listen(id, key)
				then.Release = []store.Release{{Attempt: id, Wake: model.Never}}
				for _, b := range []*store.Batch{first, then} {
					b.Owner, b.Epoch = fmt.Sprint("owner", i), epoch
					if err := s.Commit(ctx, b); err != nil {
						return err
					}
				}
			}
			return nil
		})
		group.Go(func() error { // delivers what another waits for
			for n := range rounds {
				m, _ := order((i+1)%len(stores)*rounds + n)
				if err := deliver(s, store.Delivery{Messages: []store.Message{m}}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for i, ids := range attempts {
		for n, id := range ids {
			if got := inboxOf(t, stores[0], id); len(got) != 1 || got[0] != int64(i*rounds+n) {
				t.Errorf("attempt %d has messages %v, want %d", id, got, i*rounds+n)
			}
			if a, err := stores[0].Attempt(ctx, id); err != nil || a.Wake != 0 {
				t.Errorf("attempt %d with a message wakes at %d, error %v", id, a.Wake, err)
			}
		}
	}
	early, _, err := stores[0].ListLetters(ctx, store.LetterFilter{}, store.Page{})
	if err != nil || len(early) > 0 {
		t.Errorf("%d messages are early, error %v", len(early), err)
	}
}

func TestWhoDeliversWaitsForAnOpening(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	id := startOne(t, s, "k")
	m, key := order(1)
	tx := begin(t, s)
	b := listen(id, key)
	if _, err := s.commitSignals(ctx, tx.Conn(), tables.NewPlan(b), tables.NewSignalPlan(b, nil)); err != nil {
		t.Fatal(err)
	}
	if err := waitBehind(t, s, tx, func() error { return deliver(s, store.Delivery{Messages: []store.Message{m}}) }); err != nil {
		t.Fatal(err)
	}
	if got := inboxOf(t, s, id); len(got) != 1 {
		t.Errorf("the task has messages %v", got)
	}
}

// Who shares a key with one that ends while a message comes gets it instead.
func TestAMessageDoesNotGoToAnAttemptThatEnds(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	first, second := startOne(t, s, "k"), startOne(t, s, "l")
	m, key := order(1)
	key.One = true
	for _, id := range []model.AttemptID{first, second} {
		if err := s.Commit(ctx, listen(id, key)); err != nil {
			t.Fatal(err)
		}
	}
	tx := beginCommit(t, s, end(first))
	if err := waitBehind(t, s, tx, func() error { return deliver(s, store.Delivery{Messages: []store.Message{m}}) }); err != nil {
		t.Fatal(err)
	}
	if got := inboxOf(t, s, first); len(got) > 0 {
		t.Errorf("the one that ended has messages %v", got)
	}
	if got := inboxOf(t, s, second); len(got) != 1 {
		t.Errorf("the other has messages %v", got)
	}
}

// inLine returns a message for an attempt that ends, which shares its key with the
// next, and for another that has another of its keys.
func inLine(t *testing.T, s *Store) (m store.Message, next, other, ends model.AttemptID) {
	t.Helper()
	_, ids := ownedBy(t, s, "a", 3)
	next, other, ends = ids[0], ids[1], ids[2]
	m, shared := order(1)
	_, key := order(2)
	m.Keys = append(m.Keys, store.MessageKey{Param: key.Param, Value: key.Value})
	shared.One = true
	later := listen(next, shared)
	later.Listening[0].Since++
	for _, b := range []*store.Batch{listen(ends, shared), later, listen(other, key)} {
		if err := s.Commit(ctx, b); err != nil {
			t.Fatal(err)
		}
	}
	return m, next, other, ends
}

// So it does where others get the message, too, as it has another key of theirs.
func TestAMessageForSeveralDoesNotGoToAnAttemptThatEnds(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	m, next, other, ends := inLine(t, s)
	tx := beginCommit(t, s, end(ends))
	if err := waitBehind(t, s, tx, func() error { return deliver(s, store.Delivery{Messages: []store.Message{m}}) }); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[model.AttemptID]int{next: 1, other: 1, ends: 0} {
		if got := inboxOf(t, s, id); len(got) != want {
			t.Errorf("of %d, %d and %d, attempt %d has messages %v", next, other, ends, id, got)
		}
	}
}

// To close a subscription, and to end, waits for nobody who gives out numbers.
func TestWhoStopsListeningDoesNotWait(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	id := startOne(t, s, "k")
	_, key := order(1)
	if err := s.Commit(ctx, listen(id, key)); err != nil {
		t.Fatal(err)
	}
	tx := begin(t, s)
	if _, err := tx.Exec(ctx, awaitOrder, s.space, orderLock); err != nil {
		t.Fatal(err)
	}
	b := end(id)
	b.Listening = listen(id).Listening
	if err := s.Commit(ctx, b); err != nil {
		t.Error(err)
	}
	if err := tx.Commit(ctx); err != nil {
		t.Error(err)
	}
}

func TestARefusedBatchSaysNothingOfMessages(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	_, ids := ownedBy(t, s, "a", 1)
	_, key := order(1)
	b := listen(ids[0], key)
	b.Owner, b.Epoch = "b", newLease(t, s, "b")
	if err := s.Commit(ctx, b); err == nil || model.CodeOf(err) != model.Conflict {
		t.Errorf("error %v, want a conflict", err)
	}
	if list, _, err := s.ListSubscriptions(ctx, store.SubscriptionFilter{}, store.Page{}); err != nil || len(list) > 0 {
		t.Errorf("subscriptions %v, error %v", list, err)
	}
}

// A feeder that is told that its delivery failed looks how far it has come, and
// goes on from there: each message is taken once, whatever was lost.
func TestARestartOfTheServerLosesNoMessage(t *testing.T) {
	t.Parallel()
	server := postgrestest.Own(t)
	s := openAndClose(t, Config{URL: server.URL})
	id := startOne(t, s, "k")
	_, key := order(0)
	if err := s.Commit(ctx, listen(id, key)); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var group errgroup.Group
	next := int64(0)
	group.Go(func() error {
		for n := int64(0); ; {
			select {
			case <-stop:
				next = n
				return nil
			default:
			}
			m, _ := order(0)
			m.Body = n
			err := deliver(s, store.Delivery{
				Feeder: "f", Offsets: []store.Offset{{Topic: "orders", From: n, Next: n + 1}}, Messages: []store.Message{m},
			})
			switch {
			case err == nil:
				n++
			case model.CodeOf(err) == model.Conflict || model.CodeOf(err) == model.Unavailable:
				if list, err := s.Offsets(ctx, "f"); err == nil && len(list) == 1 {
					n = list[0].Next
				}
			default:
				return err
			}
		}
	})
	for range 2 {
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
		startOneSoon(t, s)
		before := len(inboxOf(t, s, id))
		within(t, "more is delivered", func() bool { return len(inboxOf(t, s, id)) > before })
	}
	close(stop)
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	got := inboxOf(t, s, id)
	if int64(len(got)) != next {
		t.Fatalf("%d messages were taken, and %d delivered", len(got), next)
	}
	for i, n := range got {
		if n != int64(i) {
			t.Fatalf("message %d has the place of %d", n, i)
		}
	}
}
