package queue

import (
	"context"
	"log/slog"
	"testing"

	"github.com/pawlhq/pawl/internal/store/postgres"
	"github.com/pawlhq/pawl/internal/store/postgres/postgrestest"
	"github.com/pawlhq/pawl/runner"
)

// letter is work that says nothing.
type letter struct{ runner.Work }

func (letter) MarshalBinary() ([]byte, error) { return nil, nil }

// A job whose bringing was not answered may have arrived.
func TestJobsAreBroughtOnce(t *testing.T) {
	t.Parallel()
	s, err := postgres.Open(t.Context(), postgres.Config{URL: postgrestest.URL(t), Schema: postgrestest.Schema(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	deliver := func(context.Context, runner.Report) error { return nil }
	q, err := Open(t.Context(), Config{Store: s, Deliver: deliver, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	r, err := q.NewRunner(nil)
	if err != nil {
		t.Fatal(err)
	}
	var jobs []runner.Job
	for n := range 3 {
		jobs = append(jobs, runner.Job{ID: runner.ID{Attempt: 1, Task: 7, Try: int32(n)}, Work: letter{}})
	}
	adopted := func() int {
		t.Helper()
		list, err := r.Adopt(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	r.post(jobs)
	if n := adopted(); n != len(jobs) {
		t.Errorf("of those that are to be brought, %d are known", n)
	}
	batch := r.take()
	if n := adopted(); n != len(jobs) {
		t.Errorf("of those on their way, %d are known", n)
	}
	if err := r.bring(t.Context(), batch[:2], false); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.bring(t.Context(), batch, true); err != nil {
			t.Fatal(err)
		}
	}
	if n := adopted(); n != len(jobs) {
		t.Errorf("of those that may have arrived, %d are known", n)
	}
	n, err := r.rows.waiting(t.Context())
	if err != nil || n != len(jobs) {
		t.Errorf("%d jobs wait, %v", n, err)
	}
}

func TestWorkThatCanNotBeCarriedIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := insertion(&runner.Job{}); err != errNotPortable {
		t.Errorf("error %v", err)
	}
}

func TestClientsTellTheirEpochs(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int64{clientID(42, "host-1@x"): 42, "": 0, "host": 0, "7": 7} {
		if got := epochOf(name); got != want {
			t.Errorf("%q is of epoch %d, want %d", name, got, want)
		}
	}
}

func TestPrioritiesStayInOrder(t *testing.T) {
	t.Parallel()
	for p, want := range map[int]int{-100: 4, -2: 4, -1: 3, 0: 2, 1: 1, 100: 1} {
		if got := priority(p); got != want {
			t.Errorf("priority %d is %d, want %d", p, got, want)
		}
	}
}
