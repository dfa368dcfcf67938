package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/server"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

// tells adds facts of an attempt, with the numbers from first on.
func (w *world) tells(id model.AttemptID, first int64, list ...params.Map) {
	w.Helper()
	b := &store.Batch{}
	for i, data := range list {
		kind := engine.ProductMade
		if data.Has("expectation") {
			kind = engine.Expected
		}
		b.Events = append(b.Events, engine.Event{
			Attempt: id, Seq: first + int64(i), At: 1_790_000_000_000_000 + model.Instant(i), Kind: kind, Task: 1, Name: "+w+a", Try: 1, State: model.Running, Data: data,
		})
	}
	must(w, w.store.Commit(w.Context(), b))
}

func TestFactsAreListed(t *testing.T) {
	t.Parallel()
	w := started(t)
	w.tells(1, 100, params.Of("product", "a/b", "partition", "1"), params.Of("product", "a/b", "partition", "2"), params.Of("product", "c", "failed", true),
		params.Of("expectation", "e", "ok", false, "severity", "error"), params.Of("expectation", "f", "ok", true, "severity", "warn"))
	list := func(path string) string {
		var page struct {
			Facts    []struct{ Product, Partition, Expectation string }
			Products []struct {
				Name  string
				Count int
			}
			Next *string
		}
		must(w, json.Unmarshal([]byte(w.ask(200, "GET", "/api/pawl/v1/"+path, "")), &page))
		var got []string
		for _, f := range page.Facts {
			got = append(got, f.Product+f.Partition+f.Expectation)
		}
		for _, p := range page.Products {
			got = append(got, fmt.Sprint(p.Name, " ", p.Count))
		}
		if page.Next != nil {
			got = append(got, "more")
		}
		return strings.Join(got, ", ")
	}
	for path, want := range map[string]string{
		"facts":         "f, e, c, a/b2, a/b1",
		"facts?count=2": "f, e, more",
		"facts?project=p&workflow=w&about=product":    "c, a/b2, a/b1",
		"facts?project=p&about=product&name=a/b":      "a/b2, a/b1",
		"facts?name=a/b&partition=1":                  "a/b1",
		"facts?attempt=1&ok=false":                    "e",
		"facts?ok=true&task=%2Bw%2Ba":                 "f",
		"facts?attempt=7":                             "",
		"facts?until=2020-01-01T00:00:00Z":            "",
		"products?project=p":                          "a/b 2, c 1",
		"products?project=p&prefix=a":                 "a/b 2",
		"products?project=p&count=1":                  "a/b 2, more",
		"products/partitions?project=p&product=a%2Fb": "1 1, 2 1",
	} {
		if got := list(path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
	for path, status := range map[string]int{
		"facts?about=task": 400, "facts?ok=maybe": 400, "facts?workflow=w": 400, "facts?project=none": 404, "facts?cursor=!": 400, "facts?since=soon": 400,
		"products": 400, "products?project=none": 404, "products?project=p&cursor=!": 400, "products/partitions?project=p": 400,
	} {
		w.ask(status, "GET", "/api/pawl/v1/"+path, "")
	}
	if got := w.ask(400, "GET", "/api/pawl/v1/products/partitions?project=p", ""); !strings.Contains(got, "the query lacks product") {
		t.Errorf("without a product: %s", got)
	}
	if got := w.ask(200, "DELETE", "/api/pawl/v1/products?project=p&product=a/b", ""); !strings.Contains(got, `"facts":2`) {
		t.Errorf("forgotten are %s", got)
	}
	w.ask(404, "DELETE", "/api/pawl/v1/products?project=p&product=a/b", "")
	w.ask(400, "DELETE", "/api/pawl/v1/products?project=p", "")
}

func TestFactsOfProjectsThatOneMayNotSeeAreHidden(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, func(cfg *server.Config, _ *service.Config) {
		cfg.Auth = people{
			"cat": {Name: "cat", Scopes: []auth.Scope{{Verb: auth.Read, Project: "q"}}},
			"ann": {Name: "ann", Scopes: auth.Everything()},
		}
	})
	w.push("p", "1", "w.dig", "+a:\n  echo>: 1\n")
	w.push("q", "1", "v.dig", "+b:\n  echo>: 1\n")
	w.start("2026-03-01T00:00:00Z")
	w.tells(1, 100, params.Of("product", "x"))
	asCat := func(method, query string) (int, string) {
		r := request(method, "/api/pawl/v1/"+query, "")
		r.SetBasicAuth("cat", "cat")
		rec := w.do(r)
		return rec.Code, rec.Body.String()
	}
	if code, body := asCat("GET", "facts"); code != 200 || strings.Contains(body, `"product"`) {
		t.Errorf("she sees %d %s", code, body)
	}
	for _, query := range []string{"facts?project=p", "products?project=p", "products/partitions?project=p&product=x"} {
		if code, _ := asCat("GET", query); code != http.StatusForbidden {
			t.Errorf("%s: she gets %d", query, code)
		}
	}
	if code, _ := asCat("DELETE", "products?project=q&product=x"); code != http.StatusForbidden {
		t.Errorf("she may forget products: %d", code)
	}
}

func TestWhatAnAttemptRunsIsTold(t *testing.T) {
	t.Parallel()
	w := started(t)
	var d struct {
		Workflow, Revision, Digest string
		Tasks                      int
		Config                     params.Map
		Verdicts                   []struct{ Task, Reason string }
	}
	ask := func(id string) {
		t.Helper()
		must(w, json.Unmarshal([]byte(w.ask(200, "GET", "/api/pawl/v1/attempts/"+id+"/definition", "")), &d))
	}
	b := &store.Batch{Events: []engine.Event{{
		Attempt: 1, Seq: 100, Kind: engine.TaskJudged, Task: 1, Name: "+w+a", Try: 1, State: model.Running, Data: params.Of("skip", false, "reason", "never built"),
	}}}
	must(w, w.store.Commit(w.Context(), b))
	ask("1")
	first := d.Digest
	if d.Workflow != "w" || d.Revision != "1" || !strings.HasPrefix(first, "sha256:") || d.Tasks != 2 || !d.Config.Has("+a") || len(d.Verdicts) != 1 || d.Verdicts[0].Reason != "never built" {
		t.Errorf("the first is %+v", d)
	}
	w.push("p", "2", "w.dig", "+a:\n  echo>: other\n")
	ask("1")
	if d.Digest != first {
		t.Error("a later revision changes what an attempt runs")
	}
	w.ask(200, "PUT", "/api/attempts", `{"workflowId":"2","sessionTime":"2026-03-09T00:00:00Z","params":{}}`)
	if ask("2"); d.Digest == first || d.Revision != "2" {
		t.Errorf("the second is %+v", d)
	}
	if text := w.ask(200, "GET", "/api/pawl/v1/attempts/2/outline", ""); !strings.Contains(text, "other") {
		t.Errorf("its outline is %s", text)
	}
	w.ask(404, "GET", "/api/pawl/v1/attempts/9/definition", "")
}

func TestEventsAreSelectedByTags(t *testing.T) {
	t.Parallel()
	w := started(t)
	w.ask(200, "PUT", "/api/attempts", `{"workflowId":"1","sessionTime":"2026-03-09T00:00:00Z","params":{},"tags":{"team":"a","n":"1"}}`)
	w.begin(1)
	w.begin(2)
	for query, want := range map[string]string{
		"?type=attempt&tag=team%3Da":           "2 attempt.started",
		"?type=attempt&tag=team%3Da&tag=n%3D1": "2 attempt.started",
		"?type=attempt&tag=team%3Da&tag=n%3D2": "",
		"?type=attempt":                        "1 attempt.started, 2 attempt.started",
	} {
		if _, got := w.events(query); got != want {
			t.Errorf("%s: got %s", query, got)
		}
	}
	w.ask(400, "GET", eventsPath+"?tag=team", "")
}
