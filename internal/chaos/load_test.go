//go:build linux

package chaos

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// load is what clients ask a cluster for, and what they were told.
type load struct {
	*cluster
	archive []byte
	ids     map[string]client.ID // of the workflows that are started
	project client.ID

	mu      sync.Mutex
	dice    *rand.Rand
	started map[model.AttemptID]string // the workflow of each that was acknowledged
}

const projectName = "chaos"

func newLoad(t *testing.T, c *cluster, dice *rand.Rand) *load {
	t.Helper()
	return &load{
		cluster: c, archive: pack(t, "testdata/project"), dice: dice,
		ids: make(map[string]client.ID), started: make(map[model.AttemptID]string),
	}
}

func (l *load) draw(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dice.IntN(n)
}

// ask sends a request to any server, and again to the next as long as none
// could answer, as clients behind a balancer do.
func (l *load) ask(ctx context.Context, request func(context.Context, *client.Client) error) error {
	last := error(model.Errorf(model.Unavailable, "no server has said where it is"))
	for {
		err := last
		if at := l.endpoints(); len(at) > 0 {
			err = askOne(ctx, at[l.draw(len(at))], request)
		}
		if code := model.CodeOf(err); err == nil || code != model.Unavailable && code != model.Internal {
			return err
		}
		if e := wait(ctx, time.Duration(20+l.draw(200))*time.Millisecond); e != nil {
			return fmt.Errorf("%w; the last answer: %w", e, last)
		}
		last = err
	}
}

// patience is how long a client waits for an answer before it asks elsewhere.
const patience = 20 * time.Second

func askOne(ctx context.Context, at string, request func(context.Context, *client.Client) error) error {
	endpoint, err := client.ParseEndpoint(at)
	if err != nil {
		return err
	}
	c := client.New(client.Config{Endpoint: endpoint, Retries: -1})
	defer c.Close()
	soon, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err = request(soon, c)
	if soon.Err() != nil && ctx.Err() == nil {
		return model.Errorf(model.Unavailable, "no answer: %w", err)
	}
	return err
}

// taken turns the refusal of what exists already into success: it was this
// request that made it, and the answer that was lost.
func taken(err error) error {
	if model.CodeOf(err) == model.Conflict {
		return nil
	}
	return err
}

// push adds a revision, whose schedules begin at a time.
func (l *load) push(ctx context.Context, revision string, from time.Time) error {
	return l.ask(ctx, func(ctx context.Context, c *client.Client) error {
		_, err := c.Push(ctx, client.Push{
			Project: projectName, Revision: revision, Archive: bytes.NewReader(l.archive), Size: int64(len(l.archive)), ScheduleFrom: from,
		})
		return taken(err)
	})
}

// find reads the ids of what is started.
func (l *load) find(ctx context.Context) error {
	return l.ask(ctx, func(ctx context.Context, c *client.Client) error {
		p, err := c.Project(ctx, projectName)
		if err != nil {
			return err
		}
		l.project = p.ID
		for _, s := range shapes {
			w, err := c.Workflow(ctx, p.ID, s.workflow, "")
			if err != nil {
				return err
			}
			l.ids[s.workflow] = w.ID
		}
		return nil
	})
}

// epoch is the session time of the first workflow that is started; each has
// one of its own.
var epoch = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// start starts the nth workflow and keeps what was acknowledged.
func (l *load) start(ctx context.Context, n int) error {
	workflow := shapes[n%len(shapes)].workflow
	return l.ask(ctx, func(ctx context.Context, c *client.Client) error {
		a, err := c.Start(ctx, client.Start{
			Workflow: l.ids[workflow], SessionTime: client.SessionTime{Time: epoch.Add(time.Duration(n) * time.Hour)}, Params: params.Map{},
		})
		if err := taken(err); err != nil {
			return err
		}
		id, err := strconv.ParseInt(string(a.ID), 10, 64)
		if err != nil {
			return fmt.Errorf("start of %s: %w", workflow, err)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.started[model.AttemptID(id)] = workflow
		return nil
	})
}

// schedule changes the schedule of a workflow.
func (l *load) schedule(ctx context.Context, workflow string, change func(context.Context, *client.Client, client.ID) error) error {
	return l.ask(ctx, func(ctx context.Context, c *client.Client) error {
		list, err := c.ProjectSchedules(ctx, l.project, workflow)
		if err != nil {
			return err
		}
		if len(list) != 1 {
			return model.Errorf(model.NotFound, "workflow %s has %d schedules", workflow, len(list))
		}
		return change(ctx, c, list[0].ID)
	})
}

const (
	backfilled   = 8 // years
	backfillName = "again"
)

// backfill asks for past sessions of the yearly workflow.
func (l *load) backfill(ctx context.Context) error {
	return l.schedule(ctx, "yearly", func(ctx context.Context, c *client.Client, id client.ID) error {
		from := time.Date(time.Now().UTC().Year()-backfilled, 6, 1, 0, 0, 0, 0, time.UTC)
		_, err := c.Backfill(ctx, id, client.Backfill{From: from, Name: backfillName})
		return taken(err)
	})
}

// run starts at least n workflows, one each pause, and goes on until the
// faults are over. It pushes revisions meanwhile, so that schedules move.
func (l *load) run(ctx context.Context, n int, pause time.Duration, over <-chan struct{}) error {
	var work sync.WaitGroup
	errs := make(chan error, 1)
	do := func(f func() error) {
		work.Go(func() {
			if err := f(); err != nil {
				select {
				case errs <- err:
				default: // the first one says enough
				}
			}
		})
	}
	do(func() error { return l.backfill(ctx) })
	for i := 0; ; i++ {
		select {
		case <-over:
			if i >= n {
				work.Wait()
				close(errs)
				return <-errs
			}
		default:
		}
		do(func() error { return l.start(ctx, i) })
		if i%20 == 10 {
			do(func() error { return l.push(ctx, "again"+strconv.Itoa(i), time.Time{}) })
		}
		if err := wait(ctx, pause); err != nil {
			work.Wait()
			return err
		}
	}
}

// notes are the lines that tasks wrote.
func (l *load) notes(t *testing.T) ledger {
	t.Helper()
	text, err := os.ReadFile(l.ledger)
	if err != nil {
		t.Fatal(err)
	}
	return readLedger(t, string(text))
}

// disable lets a workflow start no more sessions.
func (l *load) disable(ctx context.Context, workflow string) error {
	return l.schedule(ctx, workflow, func(ctx context.Context, c *client.Client, id client.ID) error {
		_, err := c.Disable(ctx, id)
		return err
	})
}
