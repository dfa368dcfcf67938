package server_test

import (
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/params"
)

func TestVersionsLeadToWhoMadeThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, nil)
	w.push("p", "1", "w.dig", "+a:\n  echo>: 1\n+b:\n  echo>: 2\n")
	w.push("q", "1", "w.dig", "+a:\n  echo>: 1\n")
	w.start("2026-03-01T00:00:00Z")
	w.begin(1)
	w.apply(1, report(t, "+w+a", engine.Command{Kind: engine.Succeed, Result: &engine.Result{Store: params.Of("secret", "x"), Version: "v1"}}))
	got := w.ask(200, "GET", "/api/pawl/v1/projects/1/versions?version=v1&version=v2&version=v1", "")
	if want := `{"versions":[{"version":"v1","attemptId":"1","workflow":"w","task":"+w+a","madeAt":"`; !strings.HasPrefix(got, want) || strings.Count(got, "v1") != 1 || strings.Contains(got, "secret") {
		t.Errorf("got %s", got)
	}
	if got := w.ask(200, "GET", "/api/pawl/v1/projects/2/versions?version=v1", ""); strings.TrimSpace(got) != `{"versions":[]}` {
		t.Errorf("another project has %s", got)
	}
	w.ask(400, "GET", "/api/pawl/v1/projects/1/versions", "")
	w.ask(400, "GET", "/api/pawl/v1/projects/1/versions?version=v"+strings.Repeat("&version=v", 1000), "")
	w.ask(404, "GET", "/api/pawl/v1/projects/9/versions?version=v1", "")
	w.ask(400, "PUT", "/api/attempts", `{"workflowId":1,"sessionTime":"2026-03-02T00:00:00Z","resume":{"mode":"nothing","attemptId":1},"params":{}}`)
	w.ask(200, "PUT", "/api/attempts", `{"workflowId":1,"sessionTime":"2026-03-02T00:00:00Z","resume":{"mode":"none"},"params":{}}`)
	a, err := w.store.Attempt(t.Context(), 2)
	if err != nil || !a.Resume.Again() || a.Resume.Attempt != 0 {
		t.Errorf("the attempt resumes %+v, %v", a.Resume, err)
	}
}
