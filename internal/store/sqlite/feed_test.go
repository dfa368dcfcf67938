package sqlite

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
	"github.com/pawlhq/pawl/internal/store/routing"
)

// order is what messages in these tests are about.
var order = engine.Key{Topic: "orders", Param: "order", Value: "17"}

// feed returns a delivery of the message with a number, which is its offset, to
// who waits for the order and, every other time, to nobody.
func feed(n int64) store.Delivery {
	return store.Delivery{
		Feeder: "f", Offsets: []store.Offset{{Topic: order.Topic, From: n, Next: n + 1}}, Now: now,
		Messages: []store.Message{{
			Topic: order.Topic, Source: fmt.Sprint(n), Body: n, Early: store.Early{Expires: now + 1, Most: 1_000_000},
			Keys: []store.MessageKey{{Param: order.Param, Value: strconv.FormatInt(17+n%2, 10)}},
		}},
	}
}

// feedForever delivers messages from where the store says on, and writes the
// number of each that was acknowledged.
func feedForever(s *Store) error {
	a, made, err := s.StartAttempt(ctx, startOf("k"))
	if err == nil && made {
		err = s.Commit(ctx, &store.Batch{Listening: []engine.Listening{{Attempt: a.ID, Task: 1, Keys: []engine.Key{order}}}})
	}
	if err != nil {
		return err
	}
	next, err := nextOf(s)
	for ; err == nil; next++ {
		if _, err = s.Deliver(ctx, feed(next)); err == nil {
			_, err = fmt.Println(next)
		}
	}
	return err
}

func nextOf(s *Store) (int64, error) {
	list, err := s.Offsets(ctx, "f")
	if err != nil || len(list) == 0 {
		return 0, err
	}
	return list[0].Next, nil
}

func TestAcknowledgedDeliveriesSurviveAKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pawl.db")
	acknowledged := int64(-1)
	for round := range 10 {
		startProcess(t, "feeder", path).ReadAndKill(t, 1+3*round, func(line string) (err error) {
			acknowledged, err = strconv.ParseInt(line, 10, 64)
			return err
		})
	}
	s := openAt(t, path)
	defer closeStore(t, s)
	next, err := nextOf(s)
	if err != nil || next <= acknowledged || acknowledged < 10 {
		t.Fatalf("it goes on with %d, %d was acknowledged, error %v", next, acknowledged, err)
	}
	got, err := s.Load(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	early, _, err := s.ListLetters(ctx, store.LetterFilter{}, store.Page{Limit: store.MaxLimit})
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range got.Inbox {
		if p.Command.Message.Body != int64(2*i) {
			t.Fatalf("message %d was taken in the place of %d", p.Command.Message.Body, 2*i)
		}
	}
	for i, l := range early {
		if l.Body != int64(2*i+1) {
			t.Fatalf("message %d is early in the place of %d", l.Body, 2*i+1)
		}
	}
	if total := int64(len(got.Inbox) + len(early)); total != next {
		t.Errorf("%d messages are there, and %d were delivered", total, next)
	}
}

// What a delivery asks for each message is found by an index, however many wait.
func TestDeliveriesUseIndexes(t *testing.T) {
	t.Parallel()
	s := openTemp(t)
	mark := routing.KeyOfSubscription(&order)
	for name, test := range map[string]struct {
		ask  *bulk
		arg  driver.Value
		uses []string
	}{
		"who listens": {selectListeners, mark[:], []string{
			"SEARCH s USING COVERING INDEX subscriptions_waiting (mark=? AND one=?)", "subscriptions_waiting (mark=? AND one=? AND since=? AND attempt=? AND task=?)",
			"SEARCH o USING COVERING INDEX subscriptions_waiting (mark=? AND one=?)", "SEARCH a USING INTEGER PRIMARY KEY",
		}},
		"how many are early": {countEarly, mark[:], []string{"letter_keys_early (mark=?)"}},
		"what is early":      {selectEarly, mark[:], []string{"letter_keys_early (mark=?)"}},
		"what is remembered": {selectSources, mark[:], []string{"PRIMARY KEY (mark=?)"}},
		"who is woken":       {wakePosted, int64(1), []string{"INTEGER PRIMARY KEY"}},
		"what is dead":       {selectDead, int64(1), []string{"INTEGER PRIMARY KEY"}},
		"who runs":           {selectRunning, int64(1), []string{"INTEGER PRIMARY KEY"}},
		"keys of letters":    {dropLetterKeys, int64(1), []string{"PRIMARY KEY (letter=?)"}},
	} {
		var plans []string
		err := s.write(ctx, "explain", func(c *conn) error {
			return explained{c, &plans}.explain(test.ask.texts[len(bulkSizes)-1], []driver.Value{test.arg})
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, uses := range test.uses {
			if !strings.Contains(plans[0], uses) {
				t.Errorf("%s: it does not %s:\n%s", name, uses, plans[0])
			}
		}
	}
}

// What was posted before posts said which task they are for is read as it was.
func TestADatabaseWithoutSignalsIsBroughtToThisVersion(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pawl.db")
	c, err := dial(path, patience)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := migrations()
	if err == nil {
		err = migrate(c, 0, texts[0])
	}
	command := engine.Command{Kind: engine.Wake, Task: 5}
	if err == nil {
		_, err = c.Exec(`INSERT INTO posts (attempt, body) VALUES (1, ?)`, record.Command(&command))
	}
	if err := errors.Join(err, c.close()); err != nil {
		t.Fatal(err)
	}
	s := openAt(t, path)
	defer closeStore(t, s)
	got, err := s.Load(ctx, start(t, s, "k"))
	if err != nil || len(got.Inbox) != 1 || got.Inbox[0].Command.Task != 5 {
		t.Fatalf("inbox %+v, error %v", got, err)
	}
	if _, err := s.Deliver(ctx, feed(0)); err != nil {
		t.Error(err)
	}
}
