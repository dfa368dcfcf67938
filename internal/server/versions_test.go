package server_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
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
	w.ask(200, "PUT", "/api/attempts", `{"workflowId":1,"sessionTime":"2026-03-02T00:00:00Z","rerun":true,"params":{}}`)
	if got := w.ask(200, "GET", "/api/attempts/2", ""); !strings.Contains(got, `"rerun":true`) {
		t.Errorf("the attempt is %s", got)
	}
	w.fail(1, "+w+b", "no")
	w.succeed(1, "+w^failure-alert", params.Map{})
	w.ask(409, "POST", "/api/pawl/v1/attempts/2/retry", `{"mode":"from","from":"+a","rerun":true}`)
	w.ask(200, "PUT", "/api/attempts", `{"workflowId":1,"sessionTime":"2026-03-01T00:00:00Z","retryAttemptName":"x","resume":{"mode":"failed","attemptId":1},"rerun":true,"params":{}}`)
	for body, want := range map[string]store.Resume{
		`{"mode":"failed","name":"a","rerun":true}`:               {Attempt: 1, From: store.Anew},
		`{"mode":"failed","name":"b"}`:                            {Attempt: 1},
		`{"mode":"tasks","tasks":["+a"],"name":"c","rerun":true}`: {Attempt: 1, From: store.OfTasks([]string{"+w+a"})},
	} {
		var made struct {
			ID    string `json:"id"`
			Rerun bool   `json:"rerun"`
		}
		if err := json.Unmarshal([]byte(w.ask(200, "POST", "/api/pawl/v1/attempts/1/retry", body)), &made); err != nil {
			t.Fatal(err)
		}
		id, err := strconv.ParseInt(made.ID, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		a, err := w.store.Attempt(t.Context(), model.AttemptID(id))
		if err != nil || a.Resume != want || made.Rerun != (want.From == store.Anew) {
			t.Errorf("%s: attempt %d resumes %+v, %v, told %v", body, id, a.Resume, err, made.Rerun)
		}
	}
}
