package history_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/history"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/workflow"
)

// now is when tests happen.
const now model.Instant = 1_790_000_000_000_000

const second model.Instant = 1_000_000

// world is a store with two projects, which have an attempt each.
type world struct {
	*testing.T
	store  *memory.Store
	reader *history.Reader
	first  model.AttemptID // of the project shop
	second model.AttemptID // of the project farm
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s := memory.New()
	w := &world{T: t, store: s, reader: history.NewReader(s)}
	w.first, w.second = w.start("shop"), w.start("farm")
	return w
}

func (w *world) start(name string) model.AttemptID {
	w.Helper()
	def := &workflow.Workflow{Name: "daily", Dialect: "dig", Root: &workflow.Node{Name: "+daily"}}
	if err := def.Finish(); err != nil {
		w.Fatal(err)
	}
	p, err := w.store.Push(context.Background(), store.Push{
		Project: name, Revision: store.Revision{Name: "r", Archive: store.Archive{Type: store.InStore}},
		Workflows: []store.Workflow{{Name: "daily", Definition: def}},
	})
	if err != nil {
		w.Fatal(err)
	}
	a, _, err := w.store.StartAttempt(context.Background(), store.Start{
		Session:    store.Session{Project: p.ID, Workflow: "daily", Key: "k", UUID: "u", Time: now},
		Definition: def,
	})
	if err != nil {
		w.Fatal(err)
	}
	return a.ID
}

// happens commits an event of an attempt.
func (w *world) happens(e engine.Event) {
	w.Helper()
	if err := w.store.Commit(context.Background(), &store.Batch{Events: []engine.Event{e}}); err != nil {
		w.Fatal(err)
	}
}

// read returns what matches, as attempt/seq, reading pages of a size.
func (w *world) read(q history.Query, size int) (list []string) {
	w.Helper()
	for q.Limit = size; ; {
		page, err := w.reader.Read(context.Background(), q)
		if err != nil {
			w.Fatal(err)
		}
		if len(page.Events) > size {
			w.Fatalf("a page of %d has %d events", size, len(page.Events))
		}
		for _, e := range page.Events {
			list = append(list, fmt.Sprintf("%s/%d", e.AttemptID, e.Seq))
		}
		if q.After = page.Next; !page.More {
			return list
		}
	}
}

func TestEventsAreSelected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for seq := range int64(40) {
		kind, state, name := engine.TaskStarted, model.Running, "+daily+a"
		if seq%2 == 1 {
			kind, state, name = engine.TaskEnded, model.Failed, "+daily+ab"
		}
		if seq == 0 {
			kind, name = engine.AttemptStarted, "+daily"
		}
		for _, id := range []model.AttemptID{w.first, w.second} {
			w.happens(engine.Event{Attempt: id, Seq: seq + 1, At: now + model.Instant(seq)*second, Kind: kind, State: state, Name: name, Task: 1})
		}
	}
	want := func(ids []model.AttemptID, of func(seq int64) bool) (list []string) {
		for seq := int64(1); seq <= 40; seq++ {
			for _, id := range ids {
				if of(seq) {
					list = append(list, fmt.Sprintf("%d/%d", id, seq))
				}
			}
		}
		return list
	}
	both := []model.AttemptID{w.first, w.second}
	failed, err := history.ParseTypes([]string{"task.failed"})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		query history.Query
		want  []string
	}{
		"all":       {history.Query{}, want(both, func(int64) bool { return true })},
		"a type":    {history.Query{Types: failed}, want(both, func(seq int64) bool { return seq%2 == 0 })},
		"a task":    {history.Query{Task: "+daily+a"}, want(both, func(seq int64) bool { return seq%2 == 1 && seq > 1 })},
		"all tasks": {history.Query{Task: "+daily"}, want(both, func(seq int64) bool { return seq > 1 })},
		"a project": {history.Query{LogQuery: store.LogQuery{Projects: []model.ProjectID{2}}}, want(both[1:], func(int64) bool { return true })},
		"a time": {
			history.Query{From: now + 10*second, Until: now + 20*second},
			want(both, func(seq int64) bool { return seq >= 11 && seq <= 20 }),
		},
		"nothing": {history.Query{Task: "+none"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{1, 3, 7, 100} {
				if got := w.read(test.query, size); !slices.Equal(got, test.want) {
					t.Errorf("pages of %d have %v, want %v", size, got, test.want)
				}
			}
		})
	}
}

func TestAnEventSaysWhatItIsAbout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.happens(engine.Event{
		Attempt: w.second, Seq: 1, At: now + 5, Kind: engine.TaskRetries, State: model.Waiting, Task: 1, Name: "+daily+a", Try: 2,
		Data: params.Of("retry", 1),
	})
	page, err := w.reader.Read(context.Background(), history.Query{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(page.Events[0])
	if err != nil {
		t.Fatal(err)
	}
	want := `{"cursor":"` + page.Next + `","type":"task.retrying","time":"2026-09-21T14:13:20.000005Z","project":"farm","projectId":"2",` +
		`"workflow":"daily","session":"k","sessionId":"2","sessionUuid":"u","sessionTime":"2026-09-21T14:13:20Z",` +
		`"attemptId":"2","attemptIndex":1,"seq":1,"task":"+daily+a","try":2,"state":"waiting","opens":"backoff","data":{"retry":1}}`
	if string(got) != want {
		t.Errorf("it is\n%s, want\n%s", got, want)
	}
}
