package daemon_test

import (
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/blob/memory"
	"github.com/pawlhq/pawl/internal/daemon"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/values"
)

// Values go with the attempts that kept them, and those of others stay.
func TestRetentionDeletesAttemptsWithTheirValues(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.push("r", map[string]string{"w.dig": "+a:\n  echo>: hello\n"})
	first := s.work(nil)
	a := s.start(service.Start{Workflow: s.workflow("w")})
	s.until(a.ID, func(of *store.Snapshot) bool { return of.Attempt.State.Done() })
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	m := &values.Manager{Blobs: memory.New(time.Now)}
	kept := func(id model.AttemptID) values.Output {
		return values.Output{Session: "s", Attempt: int64(id), Name: "x"}
	}
	for _, id := range []model.AttemptID{a.ID, a.ID*10 + 1} {
		if err := m.Store(t.Context(), kept(id), "value"); err != nil {
			t.Fatal(err)
		}
	}
	told := make(chan *store.Pruned, 9)
	s.work(func(c *daemon.Config) {
		c.Retention.Attempts = time.Nanosecond
		c.Outputs = values.NewOutputs(func() (*values.Manager, error) { return m, nil })
		c.Listeners = []daemon.Listener{{Pruned: func(p *store.Pruned) { told <- p }}}
	})
	<-told
	for id, want := range map[model.AttemptID]bool{a.ID: false, a.ID*10 + 1: true} {
		if has, err := m.Has(t.Context(), kept(id)); has != want || err != nil {
			t.Errorf("the value of attempt %d is there: %v, %v", id, has, err)
		}
	}
}
