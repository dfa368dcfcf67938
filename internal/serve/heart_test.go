package serve_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/serve"
	"github.com/pawlhq/pawl/internal/store/sqlite"
)

func TestAServerSaysThatItLivesUntilItEnds(t *testing.T) {
	t.Parallel()
	cfg := settings(t)
	s, err := serve.Open(t.Context(), serve.Config{Settings: cfg, Version: "9.9", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, t.Context()) }()
	var told struct {
		Processes []struct {
			Kind, Version, State string
			Loops                []struct{ Name string }
		}
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for want := []string{"conductor", "scheduler", "sensors", "upkeep"}; ; { // each loop says so soon after it has begun
		if err := json.Unmarshal([]byte(get(t, s, "/api/pawl/v1/processes")), &told); err != nil {
			t.Fatal(err)
		}
		var loops []string
		if len(told.Processes) > 0 {
			for _, l := range told.Processes[0].Loops {
				loops = append(loops, l.Name)
			}
		}
		slices.Sort(loops)
		if slices.Equal(loops, want) {
			break
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("it says %+v", told)
		}
	}
	if p := told.Processes[0]; p.Kind != "server" || p.Version != "9.9" || p.State != "live" {
		t.Errorf("it says %+v", p)
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	path, _ := cfg.Get("database.path")
	of, err := sqlite.Open(path + "/pawl.db")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = of.Close() }() // it was only read
	if notes, err := of.Notes(t.Context(), "process/"); err != nil || len(notes) > 0 {
		t.Errorf("after its end: %v, %v", notes, err)
	}
}
