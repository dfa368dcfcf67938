//go:build linux

package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/feed/kafka/kafkatest"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/postgres"
	"github.com/pawlhq/pawl/internal/store/postgres/postgrestest"
	"github.com/pawlhq/pawl/internal/store/sqlite"
)

// A program that speaks with Kafka releases each run once, whatever happens to it
// and to the broker.
func TestEachMessageCountsOnceWhenAProgramIsKilled(t *testing.T) {
	t.Parallel()
	p := newPost(t, 11, kafkatest.Own(t, 1))
	p.database = filepath.Join(p.dir, "orders.db")
	p.open = func() (store.Store, error) { return sqlite.Open(p.database) }
	p.add(t, "orders1")
	p.survive(t)
}

// So do programs that share a PostgreSQL and a group with a server.
func TestEachMessageCountsOnceWhenProgramsAndServersAreKilled(t *testing.T) {
	t.Parallel()
	p := newPost(t, 12, kafkatest.Own(t, 1))
	p.onPostgres(t)
	p.survive(t)
}

// And so do they where one of three brokers is always about to die.
func TestEachMessageCountsOnceWhenOneBrokerOfThreeIsKilled(t *testing.T) {
	t.Parallel()
	if *messages < 10_000 {
		t.Skip("three brokers are for long runs")
	}
	p := newPost(t, 13, kafkatest.Own(t, 3))
	p.onPostgres(t)
	p.survive(t)
}

// post is a Kafka with those who speak with it.
type post struct {
	*cluster
	kafka             *kafkatest.Cluster
	stream            uint64
	replies, commands string // topics
	database          string
	open              func() (store.Store, error)
}

const partitions = 6

func newPost(t *testing.T, stream uint64, k *kafkatest.Cluster) *post {
	t.Helper()
	p := &post{cluster: &cluster{dir: t.ArtifactDir(), keeper: keeper(t)}, kafka: k, stream: stream}
	p.replies = kafkatest.Topic(t, k.Addresses(), partitions)
	p.commands = kafkatest.Topic(t, k.Addresses(), 2)
	return p
}

// onPostgres has two programs and a server share a database.
func (p *post) onPostgres(t *testing.T) {
	t.Helper()
	p.program, p.database = program(t), postgrestest.Own(t).URL
	p.open = func() (store.Store, error) { return postgres.Open(t.Context(), postgres.Config{URL: p.database}) }
	p.add(t, "orders1")
	p.add(t, "orders2")
	p.addServer(t)
}

// add adds a service of orders.
func (p *post) add(t *testing.T, name string) {
	t.Helper()
	dir := p.folder(t, name)
	text, err := json.Marshal(ordersConfig{
		Database: p.database, Brokers: p.kafka.Addresses(), Replies: pawl.Topic(p.replies), Commands: pawl.Topic(p.commands),
		Addresses: filepath.Join(dir, "addresses"),
	})
	must(t, err)
	p.members = append(p.members, &member{name: name, dir: dir, command: func() *exec.Cmd {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), asOrders+"="+string(text))
		c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: p.keeper}
		return c
	}})
}

// addServer adds a server, which reads and sends for the services but has no
// function of theirs.
func (p *post) addServer(t *testing.T) {
	t.Helper()
	dir := p.folder(t, "server1")
	topic := "kafka.topics." + p.replies
	config := filepath.Join(dir, "config")
	must(t, os.WriteFile(config, []byte(strings.Join([]string{
		"database.type = postgresql", "database.url = " + p.database, "database.path = " + filepath.Join(dir, "data"),
		"server.port = 0", "log-server.local.path = " + filepath.Join(dir, "logs"),
		"kafka.brokers = " + strings.Join(p.kafka.Addresses(), ","), "kafka.group = " + group,
		"kafka.session = " + session.String(), topic + ".keys.id = body.id", topic + ".id-header = " + idHeader,
	}, "\n")+"\n"), 0o644))
	p.members = append(p.members, &member{name: "server1", dir: dir, command: func() *exec.Cmd {
		c := exec.Command(p.program, "server", "-c", config, "-L", filepath.Join(dir, "log"))
		c.Dir = dir
		c.Env = append(os.Environ(), "XDG_CONFIG_HOME="+dir)
		c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: p.keeper}
		return c
	}})
}

func (p *post) folder(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(p.dir, name)
	must(t, os.MkdirAll(dir, 0o755))
	return dir
}

// restartBroker ends a broker as a crash does, and starts it again after a while.
func (p *post) restartBroker(f *faults, ctx context.Context) error {
	i := f.dice.IntN(len(p.kafka.Addresses()))
	pause := f.upTo(f.pause)
	if err := errors.Join(p.kafka.Kill(i), wait(ctx, pause)); err != nil {
		return err
	}
	for {
		err := p.kafka.Restart(i)
		if err == nil {
			return nil
		}
		// Another may have its port for a moment.
		if e := errors.Join(p.kafka.Kill(i), wait(ctx, time.Second)); e != nil {
			return fmt.Errorf("%w: %w", e, err)
		}
	}
}

// survive lets all live through faults while there is mail, and checks what is
// left.
func (p *post) survive(t *testing.T) {
	t.Helper()
	m := newMail(dice(t, p.stream+100), p.replies, partitions, *messages)
	brokers := p.kafka.Addresses()
	random := dice(t, p.stream)
	p.start(t, random.Uint64())
	sent := readCommands(t, brokers, p.commands)
	turns := &pace{orders: len(m.orders), faults: *outages * 4 / 3, sent: sent}
	f := &faults{cluster: p.cluster, dice: random, pause: faultEvery, kinds: []fault{
		{"kill", 3, (*faults).killOne}, {"restart of a broker", 1, p.restartBroker},
	}}
	f.rest = func(ctx context.Context) error { return errors.Join(turns.next(ctx), wait(ctx, f.upTo(f.pause))) }
	began := time.Now()
	limit := settleAfter + time.Duration(*messages)*20*time.Millisecond
	ctx, cancel := context.WithTimeoutCause(t.Context(), limit, errors.New("it takes too long"))
	defer cancel()

	posted := make(chan error, 1)
	go func() { posted <- m.post(ctx, p.cluster, brokers, turns) }() // received below
	err := f.run(ctx, *outages, func() bool { return true })
	if err != nil {
		cancel()
	}
	must(t, errors.Join(err, <-posted))
	t.Logf("%v: %d replies to %d orders, %d of them again; faults %v", time.Since(began).Round(time.Second), m.replies, len(m.orders), m.again, f.done)

	s, err := p.open()
	must(t, err)
	defer func() { must(t, s.Close()) }()
	must(t, p.settled(ctx, s, sent, len(m.orders)))
	killed, left := p.deaths()
	t.Logf("%v: all has ended; %d processes were killed, %d ended because they could not work on", time.Since(began).Round(time.Second), killed, left)
	must(t, p.stop())
	must(t, sent.whole(ctx, brokers, p.commands))
	p.checkLogs(t)
	again := sent.check(t, m.orders)
	t.Logf("%d commands were sent, %d of them again", sent.count(), again)
	checkOrders(t, s, m.orders)
	checkNothingIsLeft(t, s)
}

// settled waits until all orders have ended and all mail was read and sent.
func (p *post) settled(ctx context.Context, s store.Store, sent *commands, orders int) error {
	for sent.ended() < orders {
		if err := wait(ctx, 100*time.Millisecond); err != nil {
			now, done := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer done()
			return fmt.Errorf("%w: %d of %d orders have sent their last command: %w", err, sent.ended(), orders, settled(now, s))
		}
	}
	if err := settled(ctx, s); err != nil {
		return err
	}
	ends, err := endsOf(ctx, p.kafka.Addresses(), p.replies)
	if err != nil {
		return err
	}
	for {
		list, err := s.Offsets(ctx, group)
		if err != nil {
			return err
		}
		behind := slices.DeleteFunc(list, func(o store.Offset) bool { return o.Next >= ends[o.Partition] })
		pending, err := s.Pending(ctx)
		if err != nil || len(behind) == 0 && pending.Records == 0 {
			return err
		}
		if err := wait(ctx, 100*time.Millisecond); err != nil {
			return fmt.Errorf("%w: %d commands are not sent, and not all is read of partitions %v, which end at %v", err, pending.Records, behind, ends)
		}
	}
}

// checkOrders fails unless each order has run once, and knows what it is to know.
func checkOrders(t *testing.T, s store.Store, orders map[string]*order) {
	t.Helper()
	seen := make(map[string]bool)
	for page := (store.Page{Limit: store.MaxLimit}); ; {
		list, cursor, err := s.ListAttempts(t.Context(), store.Filter{}, page)
		must(t, err)
		for i := range list {
			a := &list[i]
			key := a.Session.Key
			want := orders[key]
			if want == nil || seen[key] {
				t.Errorf("%s runs, as it should not", key)
				continue
			}
			seen[key] = true
			count, _ := a.Shared.IntOr("count", 0)
			sum, _ := a.Shared.IntOr("sum", 0)
			if a.State != engine.AttemptSuccess || int(count) != want.Count || int(sum) != want.Sum {
				t.Errorf("%s is %v, and has counted %d replies with a sum of %b, of %d", key, a.State, count, sum, want.Count)
			}
		}
		if page.Cursor = cursor; cursor == "" {
			break
		}
	}
	if len(seen) != len(orders) {
		t.Errorf("%d of %d orders ran", len(seen), len(orders))
	}
}

// checkNothingIsLeft fails for letters and for those who still listen.
func checkNothingIsLeft(t *testing.T, s store.Store) {
	t.Helper()
	for _, dead := range []bool{false, true} {
		letters, _, err := s.ListLetters(t.Context(), store.LetterFilter{Dead: dead}, store.Page{Limit: 5})
		must(t, err)
		for _, l := range letters {
			t.Errorf("a letter is left, dead %v: %s %v, %s", dead, l.Source, l.Body, l.Reason)
		}
	}
	open, _, err := s.ListSubscriptions(t.Context(), store.SubscriptionFilter{}, store.Page{Limit: 5})
	must(t, err)
	for _, o := range open {
		t.Errorf("attempt %d still listens to %v", o.Attempt, o.Key)
	}
}
