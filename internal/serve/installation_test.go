package serve

import (
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
	"github.com/pawlhq/pawl/internal/upkeep"
	"github.com/pawlhq/pawl/internal/workflow"
)

// ended adds an attempt that has ended to a store.
func ended(t *testing.T, s store.Store, project model.ProjectID) model.AttemptID {
	t.Helper()
	w := &workflow.Workflow{Name: "w", Root: &workflow.Node{Name: "+w", Operator: "do"}}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	a, _, err := s.StartAttempt(t.Context(), store.Start{
		Session: store.Session{UUID: "u", Workflow: "w", Key: "k", Project: project}, Zone: "UTC", Definition: w, Created: model.InstantOf(noon),
	})
	if err != nil {
		t.Fatal(err)
	}
	row := a.AttemptRow
	row.State, row.Started, row.Ended = engine.AttemptSuccess, a.Created, a.Created
	if err := s.Commit(t.Context(), &store.Batch{Attempts: []engine.AttemptRow{row}}); err != nil {
		t.Fatal(err)
	}
	return a.ID
}

func TestAllWhoOpenADatabaseAgreeWhereItsLogsAre(t *testing.T) {
	t.Parallel()
	s := memory.New()
	former := ended(t, s, 0)
	var wg sync.WaitGroup
	got := make([]logs.Home, 8)
	for i := range got {
		wg.Go(func() {
			var err error
			if got[i], err = homeOf(t.Context(), s); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, h := range got {
		if h != got[0] || h.Former != former || len(h.Name) < 8 {
			t.Errorf("the homes are %+v", got)
		}
	}
	if other, err := homeOf(t.Context(), memory.New()); err != nil || other.Name == got[0].Name || other.Former != 0 {
		t.Errorf("another database has %+v, %v", other, err)
	}
	if err := s.SetNote(t.Context(), "installation", "broken"); err != nil {
		t.Fatal(err)
	}
	if _, err := homeOf(t.Context(), s); err == nil {
		t.Error("a broken note is taken")
	}
}

func TestWhereLogsOfADatabaseAre(t *testing.T) {
	t.Parallel()
	try := model.TryID{Attempt: 1, Task: 1, Try: 1}
	for name, tt := range map[string]struct {
		pairs []string
		below func(dir string, h logs.Home) string // empty for elsewhere
	}{
		"an embedded one":                       {nil, func(dir string, _ logs.Home) string { return filepath.Join(dir, "logs", "1") }},
		"an embedded one with a folder of logs": {[]string{"log-server.local.path", "DIR/all"}, func(dir string, h logs.Home) string { return filepath.Join(dir, "all", h.Name, "1") }},
		"one in memory":                         {[]string{"database.type", "memory"}, nil},
		"one in memory with a folder":           {[]string{"database.type", "memory", "log-server.local.path", "DIR/all"}, func(dir string, h logs.Home) string { return filepath.Join(dir, "all", h.Name, "1") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, s := t.TempDir(), memory.New()
			pairs := []string{"database.path", dir}
			for _, p := range tt.pairs {
				if len(p) > 3 && p[:3] == "DIR" {
					p = dir + p[3:]
				}
				pairs = append(pairs, p)
			}
			l, err := newSettings(configured(pairs...)).openLogs(t.Context(), s, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			h, err := homeOf(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			got := filepath.Dir(l.Store.(*logs.Dir).Path(try, "+a"))
			if tt.below != nil && got != tt.below(dir, h) {
				t.Errorf("they are in %s, want %s", got, tt.below(dir, h))
			}
			above := filepath.Dir(got)
			if _, err := os.Stat(above); tt.below == nil && err != nil {
				t.Error(err)
			}
			if err := l.close(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(above); tt.below == nil && err == nil {
				t.Errorf("%s is left", above)
			}
			if _, err := os.Stat(filepath.Join(dir, "logs")); tt.below == nil && err == nil {
				t.Error("there are logs beside what is forgotten")
			}
		})
	}
}

func TestADryRunListsWhatWouldGo(t *testing.T) {
	t.Parallel()
	k := keeperOf(t, configured("database.path", t.TempDir()))
	id := ended(t, k.store, 0)
	k.now = func() time.Time { return noon.Add(48 * time.Hour) }
	any := store.Search{Filter: store.Filter{Ended: engine.AttemptRunning}}
	done, err := k.Prune(t.Context(), any, upkeep.Sweep{Dry: true, Older: 24 * time.Hour})
	if err != nil || done.Attempts != 1 || len(done.Going) != 1 || done.Going[0].ID != id {
		t.Errorf("it would delete %+v, %v", done, err)
	}
	done, err = k.Prune(t.Context(), any, upkeep.Sweep{Older: 24 * time.Hour})
	if err != nil || done.Attempts != 1 || done.Going != nil {
		t.Errorf("it has deleted %+v, %v", done, err)
	}
}

// A project with workflows of its own has sessions that servers run.
func TestRunsOfAFolderHaveAProjectOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := memory.New()
	first, err := projectOfRuns(t.Context(), s, "laptop", noon)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := projectOfRuns(t.Context(), s, "laptop", noon); again != first || err != nil {
		t.Errorf("the next run is of %d, %v; want %d", again, err, first)
	}
	if _, err := s.Push(t.Context(), store.Push{Project: "shop", Revision: store.Revision{Name: "1", Archive: store.Archive{Type: store.NoArchive}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := projectOfRuns(t.Context(), s, "shop", noon); model.CodeOf(err) != model.Conflict {
		t.Errorf("a project of servers is taken: %v", err)
	}
	long := tagged(string(make([]byte, 300)) + "é/end")
	if len(long) > model.MaxTagValue || long == tagged(string(make([]byte, 301))+"é/end") {
		t.Errorf("the tag of a long folder is %q", long)
	}
}
