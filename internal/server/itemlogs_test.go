package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// items starts attempt 1, whose one task is a collection of two items, which run.
func (w *world) items() {
	w.Helper()
	w.push("p", "1", "w.dig", "+a:\n  echo>: x\n")
	def := &workflow.Workflow{Name: "w", Root: &workflow.Node{Name: "+w", Children: []*workflow.Node{{
		Name: "+each", Each: &workflow.Each{Source: "list", Key: "item"}, Children: []*workflow.Node{{Name: "+item", Operator: "do"}},
	}}}}
	must(w, def.Finish())
	_, _, err := w.store.StartAttempt(w.Context(), store.Start{
		Session: store.Session{UUID: "u", Project: 1, Workflow: "w", Key: "k"}, Definition: def,
	})
	must(w, err)
	w.begin(1)
	listed := []engine.Item{{Index: 0, Value: "a"}, {Index: 1, Value: "b"}}
	must(w, w.store.AddItems(w.Context(), store.ItemList{Attempt: 1, Task: 1, List: 1}, listed))
	w.apply(1,
		report(w, "+w+each", engine.Command{Kind: engine.Succeed, Result: &engine.Result{Listed: &engine.Listed{Total: 2}}}),
		func(*engine.Attempt) engine.Command {
			f := engine.Fetch{List: 1, Most: 256}
			return engine.Command{Kind: engine.Supply, Task: 1, Supplied: &engine.Supplied{Fetch: f, Items: listed}}
		})
}

func followPath(task string) string {
	return "/api/pawl/v1/attempts/1/logs/" + url.PathEscape(task) + "/follow"
}

// follows checks that the log of a task can be followed.
func (w *world) follows(task string) {
	w.Helper()
	w.listen(followPath(task), "").want("event: log\ndata: text\n")
}

// The logs of items can be read and followed while these run, and once their tasks are
// dropped.
func TestLogsOfItemsAreKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, nil)
	w.items()
	const paged = 1 << 30
	number := func(id int64) string { return fmt.Sprint(1<<62 | 1<<31 | id) }
	for i, name := range []string{"+w+each+item-0", "+w+each+item-1"} {
		w.print(1, name, 1, "text\n")
		w.follows(number(paged + 1 + int64(i)))
	}
	wantFiles := func(when string) {
		t.Helper()
		var got struct {
			Files []struct{ FileName, TaskName string }
		}
		must(t, json.Unmarshal([]byte(w.ask(http.StatusOK, "GET", "/api/logs/1/files", "")), &got))
		for i, f := range got.Files {
			if want := fmt.Sprint("+w+each+item-", i); f.TaskName != want {
				t.Errorf("%s: %+v is listed, want the log of %s", when, f, want)
			}
			w.ask(http.StatusOK, "GET", "/api/logs/1/files/"+url.PathEscape(f.FileName), "")
		}
		if len(got.Files) != 2 {
			t.Errorf("%s: %d logs are listed", when, len(got.Files))
		}
	}
	wantFiles("while items run")
	w.succeed(1, "+w+each+item-0", noParams)
	w.succeed(1, "+w+each+item-1", noParams)
	tasks, err := w.service.Tasks(t.Context(), 1)
	must(t, err)
	if tasks.Has(paged + 1) {
		t.Fatal("the tasks of items are still there")
	}
	wantFiles("once items have ended")
	for _, id := range []string{number(paged + 2), "+w+each+item-1"} {
		w.follows(id)
	}
	for _, id := range []string{number(paged + 9), "+w+each+item-9", fmt.Sprint(1<<24 | 3), fmt.Sprint(1<<24 | 9), "16777216"} {
		w.ask(http.StatusNotFound, "GET", followPath(id), "")
	}
}
