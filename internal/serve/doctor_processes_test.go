package serve_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/pulse"
	"github.com/pawlhq/pawl/internal/serve"
	"github.com/pawlhq/pawl/internal/store/sqlite"
)

// past is a clock that is slow.
type past struct {
	clock.System
	by time.Duration
}

func (p past) Now() time.Time { return time.Now().Add(-p.by) }

func TestDoctorTellsWhoLives(t *testing.T) {
	t.Parallel()
	cfg := settings(t)
	path, _ := cfg.Get("database.path")
	of, err := sqlite.Open(path + "/pawl.db")
	if err != nil {
		t.Fatal(err)
	}
	beat := func(name string, silence time.Duration, wrong error, within time.Duration) {
		h := pulse.New(past{by: silence}, pulse.Process{Name: name, Kind: "server", Host: name, PID: 7})
		h.Loop("scheduler", within).Turn(wrong)
		if err := h.Beat(t.Context(), of); err != nil {
			t.Fatal(err)
		}
	}
	beat("fine", 0, nil, time.Minute)
	beat("failing", 0, errors.New("no room"), time.Minute)
	beat("late", 31*time.Second, nil, time.Minute)
	beat("gone", time.Hour, errors.New("told no more"), time.Minute)
	if err := of.Close(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range serve.Examine(t.Context(), cfg, nil) {
		if f.Check == "processes" {
			got = append(got, string(f.Grade)+": "+f.Message)
		}
	}
	want := []string{
		"problem: the scheduler of the server of process 7 on failing fails: no room",
		"ok: the server of process 7 on fine lives: scheduler",
		"note: the server of process 7 on gone is dead: it was not heard of for 1h0m",
		"note: the server of process 7 on late is late: it was not heard of for ",
	}
	if len(got) != len(want) {
		t.Fatalf("found %q", got)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("found %q, want %q", got[i], want[i])
		}
	}
}
