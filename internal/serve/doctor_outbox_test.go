package serve_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/serve"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/sqlite"
	"github.com/pawlhq/pawl/internal/store/storetest"
)

func TestDoctorTellsWhatWaitsToBeSent(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		n     int
		age   time.Duration
		grade serve.Grade
		want  string
	}{
		"nothing":     {0, 0, serve.Fine, "no record waits to be sent"},
		"of a moment": {1, -time.Hour, serve.Fine, "1 record waits to be sent, the oldest for 0s, to topic orders"}, // a clock that is behind
		"slow":        {2, 30 * time.Minute, serve.Note, "2 records wait to be sent, the oldest for 30m"},
		"stuck":       {2, 48 * time.Hour, serve.Problem, "2 records wait to be sent, the oldest for 48h"},
		"large":       {10_000, -time.Hour, serve.Problem, "10000 records wait to be sent, the oldest for 0s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := settings(t)
			path, _ := cfg.Get("database.path")
			of, err := sqlite.Open(path + "/pawl.db")
			if err != nil {
				t.Fatal(err)
			}
			id, epoch := storetest.Started(t, of, "k"), storetest.Leased(t, of, "o")
			if _, err := of.Claim(t.Context(), 0, "o", epoch, 1, 1); err != nil {
				t.Fatal(err)
			}
			b := &store.Batch{Owner: "o", Epoch: epoch}
			for i := range tt.n {
				b.Records = append(b.Records, engine.Record{Attempt: id, Task: model.NoTask, Index: int32(i), Topic: "orders", At: model.InstantOf(time.Now().Add(-tt.age))})
			}
			if err := of.Commit(t.Context(), b); err != nil {
				t.Fatal(err)
			}
			if err := of.Close(); err != nil {
				t.Fatal(err)
			}
			var found []serve.Finding
			for _, f := range serve.Examine(t.Context(), cfg, nil) {
				if f.Check == "outbox" {
					found = append(found, f)
				}
			}
			if len(found) != 1 || found[0].Grade != tt.grade || !strings.HasPrefix(found[0].Message, tt.want) || (found[0].Hint == "") != (tt.grade == serve.Fine) {
				t.Errorf("found %+v", found)
			}
		})
	}
}
