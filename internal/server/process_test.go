package server_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/workflow"
)

// pushProcess stores a process as a program does that shares the database.
func (w *world) pushProcess() {
	w.Helper()
	of := &workflow.Workflow{
		Name: "orders", Dialect: workflow.Program, Scope: workflow.Shared,
		Root: &workflow.Node{Name: "+orders", Children: []*workflow.Node{
			{Name: "+charge", Operator: "go", Config: params.Of("_command", "send to charges")},
			{Name: "+paid", Operator: "go", Config: params.Of("_command", "listen to payments by id"), After: []workflow.Edge{{}}, Limit: workflow.Limit{After: 48 * time.Hour}},
		}},
	}
	must(w, of.Finish())
	_, err := w.store.Push(w.Context(), store.Push{
		Project: "shop", Revision: store.Revision{Name: "1", Archive: store.Archive{Type: store.NoArchive}},
		Workflows: []store.Workflow{{Name: "orders", Zone: "UTC", Definition: of, Config: params.Of("process", "1", "params", params.Of("id", "text"))}},
	})
	must(w, err)
}

func TestAProcessOfAProgramIsStartedAndWaitsForIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, nil)
	w.pushProcess()
	started := w.ask(200, "PUT", "/api/attempts", `{"workflowId":1,"sessionKey":"o-1","params":{"id":17}}`)
	if !strings.Contains(started, `"sessionKey":"o-1"`) || !strings.Contains(started, `"params":{"id":"17"}`) || strings.Contains(started, "waitsFor") {
		t.Errorf("started %s", started)
	}
	w.clock.advance(time.Minute)
	const waits = `"status":"running","waitsFor":"a program that runs project shop"`
	for _, path := range []string{"/api/attempts/1", "/api/attempts", "/api/sessions/1/attempts"} {
		if got := w.ask(200, "GET", path, ""); !strings.Contains(got, waits) {
			t.Errorf("%s: %s", path, got)
		}
	}
	if got := w.ask(200, "GET", "/api/sessions/1", ""); !strings.Contains(got, `"sessionKey":"o-1"`) {
		t.Errorf("the session is %s", got)
	}
	if got := w.ask(409, "PUT", "/api/attempts", `{"workflowId":1,"sessionKey":"o-1","params":{}}`); !strings.Contains(got, `"id":"1"`) {
		t.Errorf("once more: %s", got)
	}
	for body, want := range map[string]string{
		`{"workflowId":1,"params":{"ib":1}}`:                `there is no parameter \"ib\"`,
		`{"workflowId":1,"params":{"id":[1]}}`:              `parameter \"id\" is [1], and is to be a text`,
		`{"workflowId":1,"sessionKey":"","params":{}}`:      `can't be empty`,
		`{"workflowId":1,"sessionKey":7,"params":{}}`:       `\"sessionKey\" must be a string`,
		`{"workflowId":1,"sessionTime":"soon","params":{}}`: `sessionTime: invalid time`,
	} {
		if got := w.ask(400, "PUT", "/api/attempts", body); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", body, got, want)
		}
	}
}

func TestAProcessIsDrawnAndOutlined(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, nil)
	w.pushProcess()
	const want = "orders\n  charge: send to charges\n  paid: listen to payments by id; fails after 48h\n"
	if got := w.ask(200, "GET", "/api/pawl/v1/workflows/1/outline", ""); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for end, want := range map[string]struct{ kind, part string }{
		"svg": {"image/svg+xml", "<svg"}, "html": {"text/html", "<!DOCTYPE html>"}, "dot": {"text/vnd.graphviz", "digraph"}, "mmd": {"text/plain", "flowchart"},
	} {
		rec := w.do(request("GET", "/api/pawl/v1/workflows/1/graph."+end, ""))
		if body := rec.Body.String(); rec.Code != 200 || !strings.HasPrefix(kindOf(rec), want.kind) || !strings.Contains(strings.ToLower(body), strings.ToLower(want.part)) ||
			!strings.Contains(body, "listen to payments") || !strings.HasPrefix(rec.Header().Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %d %s %.300s", end, rec.Code, kindOf(rec), body)
		}
	}
	w.ask(404, "GET", "/api/pawl/v1/workflows/1/graph.gif", "")
	w.ask(404, "GET", "/api/pawl/v1/workflows/9/outline", "")
}

func kindOf(rec *httptest.ResponseRecorder) string { return rec.Header().Get("Content-Type") }
