package daemon_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

// A workflow over a collection: each item is an attempt of its own, those that fail
// leave others alone, and one is run again by another attempt.
func TestAWorkflowOverACollection(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mended := filepath.Join(t.TempDir(), "mended")
	s.push("r", map[string]string{
		"all.dig": `
+each:
  for_each>: {shop: {file: shops.csv, id: id}}
  _parallel: {limit: 2}
  _on_failure: isolate
  _do:
    start>: one
    params: {shop: "${shop.id}"}
+after:
  echo>: all of them
`,
		"one.dig":   "+work:\n  sh>: test ${shop} != 2 || test -e " + mended + "\n",
		"shops.csv": "id\n0\n1\n2\n3\n",
	})
	s.work(nil)
	first := s.start(service.Start{Workflow: s.workflow("all"), Session: time.Date(2026, 3, 8, 0, 0, 0, 0, time.UTC)})
	if got := s.ended(first.ID); got != engine.AttemptFailed {
		t.Errorf("the first attempt is %s", got)
	}
	order := service.Order{Attempt: first.ID}
	c, failed, _, err := s.Items(t.Context(), order, store.ItemFilter{States: []model.State{model.Failed}}, store.Page{})
	if err != nil || c.Items.Done != 3 || c.Items.Failed != 1 || len(failed) != 1 || failed[0].Key != "2" {
		t.Fatalf("items %+v, failed %+v, error %v", c.Items, failed, err)
	}
	for index, code := range map[int64]model.Code{9: model.NotFound, -1: model.NotFound} {
		if _, err := s.RerunItem(t.Context(), order, index); model.CodeOf(err) != code {
			t.Errorf("rerun of item %d: %v", index, err)
		}
	}
	if _, _, _, err := s.Items(t.Context(), service.Order{Attempt: first.ID, Task: "+after"}, store.ItemFilter{}, store.Page{}); model.CodeOf(err) != model.NotFound {
		t.Errorf("items of another task: %v", err)
	}
	if err := os.WriteFile(mended, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	second, err := s.RerunItem(t.Context(), order, 2)
	if err != nil || second.ID == first.ID {
		t.Fatalf("rerun made attempt %d, error %v", second.ID, err)
	}
	want := fmt.Sprintf("`pawl items rerun %d 1` runs the item again", second.ID)
	if _, err := s.RerunItem(t.Context(), order, 1); model.CodeOf(err) != model.Conflict || model.HintsOf(err) != want {
		t.Errorf("rerun of another item of the first attempt: %v (%s)", err, model.HintsOf(err))
	}
	if got := s.ended(second.ID); got != engine.AttemptSuccess {
		t.Errorf("the second attempt is %s", got)
	}
	if c, _, _, err := s.Items(t.Context(), service.Order{Attempt: second.ID}, store.ItemFilter{}, store.Page{}); err != nil || c.Items.Done != 4 || c.Items.Failed != 0 {
		t.Errorf("items %+v, error %v", c.Items, err)
	}
	runs, _, err := s.store.ListAttempts(t.Context(), store.Filter{Workflow: "one"}, store.Page{})
	if err != nil || len(runs) != 5 {
		t.Errorf("%d runs of items, want 4 and the one that was repeated; error %v", len(runs), err)
	}
}
