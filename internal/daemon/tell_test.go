package daemon_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/daemon"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/updates"
)

// Updates name the project and the revision, and are to be sent once the attempt
// has ended.
func TestUpdatesOfAttemptsAreInTheOutbox(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.push("first", map[string]string{"order.dig": "+pay:\n  echo>: paid\n"})
	s.work(func(c *daemon.Config) { c.Updates = updates.Options{Topics: []string{"runs"}, Tasks: true} })
	a := s.start(service.Start{Workflow: s.workflow("order")})
	if got := s.ended(a.ID); got != engine.AttemptSuccess {
		t.Fatalf("it ended as %v", got)
	}
	list, err := s.store.Outbox(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range list {
		var words []string
		for _, key := range []string{"project", "revision", "event", "task", "state"} {
			text, _ := o.Value.(params.Map).StringOr(key, "-")
			words = append(words, text)
		}
		got = append(got, strings.Join(words, " "))
		if o.Key != a.Session.UUID {
			t.Errorf("the key is %s, not that of the session, %s", o.Key, a.Session.UUID)
		}
	}
	want := []string{
		"p first attempt_started - running", "p first task_opened +order open", "p first task_started +order+pay running",
		"p first task_ended +order+pay success", "p first task_ended +order success", "p first attempt_ended - success",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// illegible is a store whose workflows can't be read.
type illegible struct{ store.Store }

func (illegible) Workflow(context.Context, model.WorkflowID) (store.Workflow, error) {
	return store.Workflow{}, model.Errorf(model.Internal, "the workflow is broken")
}

// An attempt of which others can't be told goes on, and so do those beside it.
func TestAnAttemptGoesOnThoughItsWorkflowCannotBeRead(t *testing.T) {
	t.Parallel()
	s, log := newSite(t), new(book)
	s.push("first", map[string]string{"order.dig": "+pay:\n  echo>: paid\n"})
	s.work(func(c *daemon.Config) {
		c.Updates = updates.Options{Topics: []string{"runs"}, Tasks: true}
		c.Store, c.Log = illegible{s.store}, slog.New(slog.NewTextHandler(log, nil))
	})
	a := s.start(service.Start{Workflow: s.workflow("order")})
	if got := s.ended(a.ID); got != engine.AttemptSuccess {
		t.Errorf("it ended as %v", got)
	}
	if n := log.count("nobody is told of an attempt"); n != 1 {
		t.Errorf("it said so %d times", n)
	}
	if list, err := s.store.Outbox(t.Context(), 0, 1); err != nil || len(list) > 0 {
		t.Errorf("told %v, %v", list, err)
	}
}

func TestNothingIsToldThatNobodyAskedFor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.push("first", map[string]string{"order.dig": "+pay:\n  echo>: paid\n"})
	s.work(func(c *daemon.Config) {
		c.Updates = updates.Options{Topics: []string{"runs"}, Projects: []string{"others"}}
	})
	a := s.start(service.Start{Workflow: s.workflow("order")})
	s.ended(a.ID)
	if list, err := s.store.Outbox(t.Context(), 0, 1); err != nil || len(list) > 0 {
		t.Errorf("told %v, %v", list, err)
	}
}
