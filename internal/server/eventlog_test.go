package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/server"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

const eventsPath = "/api/pawl/v1/events"

// logPage is a page of the log of events.
type logPage struct {
	Events []struct {
		Cursor, Type, Project, Task string
		AttemptID                   string
	}
	Next string
	More bool
}

func (w *world) events(query string) (page logPage, types string) {
	w.Helper()
	must(w, json.Unmarshal([]byte(w.ask(200, "GET", eventsPath+query, "")), &page))
	var list []string
	for _, e := range page.Events {
		list = append(list, e.AttemptID+" "+e.Type)
	}
	return page, strings.Join(list, ", ")
}

func TestEventsOfAllAttemptsAreRead(t *testing.T) {
	t.Parallel()
	w := started(t)
	w.push("q", "1", "v.dig", "+b:\n  echo>: 1\n")
	w.ask(200, "PUT", "/api/attempts", `{"workflowId":"2","sessionTime":"2026-03-01T00:00:00Z","params":{}}`)
	w.begin(1)
	w.begin(2)
	w.fail(1, "+w+a", "no way")
	w.succeed(2, "+v+b", noParams)
	const all = "1 attempt.started, 1 task.opened, 1 task.started, 2 attempt.started, 2 task.opened, 2 task.started, " +
		"1 task.failed, 1 task.grown, 1 hook.started, 2 task.succeeded, 2 task.succeeded, 2 attempt.succeeded"
	for query, want := range map[string]string{
		"":                        all,
		"?type=failure":           "1 task.failed",
		"?type=attempt&attempt=2": "2 attempt.started, 2 attempt.succeeded",
		"?project=q&type=task.started&type=attempt.started": "2 attempt.started, 2 task.started",
		"?project=q&workflow=none":                          "",
		"?task=%2Bw%2Ba":                                    "1 task.started, 1 task.failed",
		"?until=2020-01-01T00:00:00Z":                       "",
		"?since=2020-01-01T00:00:00Z":                       all,
	} {
		if _, got := w.events(query); got != want {
			t.Errorf("%s: got %s", query, got)
		}
	}
	page, _ := w.events("?count=4")
	if len(page.Events) != 4 || !page.More || page.Next != page.Events[3].Cursor {
		t.Errorf("a page of 4 is %+v", page)
	}
	if _, rest := w.events("?cursor=" + page.Next); !strings.HasSuffix(all, rest) || !strings.HasPrefix(rest, "2 task.opened") {
		t.Errorf("what follows it is %s", rest)
	}
	for query, says := range map[string]string{
		"?type=task.faild": `did you mean \"task.failed\"?`,
		"?workflow=w":      "name the project, too",
		"?cursor=x":        "is not a cursor of the event log",
		"?since=soon":      "since: ",
		"?count=1001":      "a page has from 1 to 1000 entries",
	} {
		if got := w.ask(400, "GET", eventsPath+query, ""); !strings.Contains(got, says) {
			t.Errorf("%s: got %s", query, got)
		}
	}
	w.ask(404, "GET", eventsPath+"?project=none", "")
}

func TestEventsOfProjectsThatOneMayNotSeeAreHidden(t *testing.T) {
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
	w.ask(200, "PUT", "/api/attempts", `{"workflowId":"2","sessionTime":"2026-03-01T00:00:00Z","params":{}}`)
	w.begin(1)
	w.begin(2)
	asCat := func(query string) (int, string) {
		r := request("GET", eventsPath+query, "")
		r.SetBasicAuth("cat", "cat")
		rec := w.do(r)
		return rec.Code, rec.Body.String()
	}
	if code, body := asCat(""); code != 200 || strings.Contains(body, `"attemptId":"1"`) || !strings.Contains(body, `"attemptId":"2"`) {
		t.Errorf("she sees %d %s", code, body)
	}
	if code, body := asCat("?attempt=1"); code != 200 || strings.Contains(body, `"attemptId"`) {
		t.Errorf("of the attempt she sees %d %s", code, body)
	}
	if code, _ := asCat("?project=p"); code != http.StatusForbidden {
		t.Errorf("of the project she gets %d", code)
	}
}

func TestEventsOfAllAttemptsArePushed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, func(c *server.Config, _ *service.Config) { c.Clock = pushed{newClock()} })
	w.push("p", "1", "w.dig", "+a:\n  echo>: 1\n")
	w.start("2026-03-01T00:00:00Z")
	w.start("2026-03-02T00:00:00Z")
	w.begin(1)
	w.tell()
	page, _ := w.events("?count=2")
	now, before := w.listen(eventsPath+"?type=attempt", ""), w.listen(eventsPath, page.Next)
	before.want("event: task.started\n")
	w.begin(2)
	now.want("id: ", "event: attempt.started\n", `"attemptId":"2"`)
	before.want("event: attempt.started\n", `"attemptId":"2"`)
	w.succeed(1, "+w+a", noParams)
	now.want("event: attempt.succeeded\n", `"attemptId":"1"`)
}

func TestWhoFellTooFarBehindIsTold(t *testing.T) {
	t.Parallel()
	w := started(t)
	w.start("2026-03-02T00:00:00Z")
	w.begin(1)
	page, _ := w.events("?count=1")
	w.succeed(1, "+w+a", noParams)
	w.begin(2)
	_, err := w.store.DeleteAttempts(w.Context(), []model.AttemptID{1}, 0)
	must(t, err)
	var gone struct{ Cursor string }
	must(t, json.Unmarshal([]byte(w.ask(http.StatusGone, "GET", eventsPath+"?cursor="+page.Next, "")), &gone))
	const left = "2 attempt.started, 2 task.opened, 2 task.started"
	if _, got := w.events("?cursor=" + gone.Cursor); got != left {
		t.Errorf("what is left is %s", got)
	}
	l := w.listen(eventsPath, page.Next)
	l.want("id: "+gone.Cursor, "event: gone\n", `{"cursor":"`+gone.Cursor+`"}`)
	l.want("event: attempt.started\n", `"attemptId":"2"`)
	if _, err := store.ParsePlace(gone.Cursor); err != nil {
		t.Error(err)
	}
}

// The sign of life of a stream has the cursor to go on with, though nothing matched.
func TestAStreamWithoutNewsSaysFromWhereToGoOn(t *testing.T) {
	t.Parallel()
	w := started(t)
	l := w.listen(eventsPath+"?type=hook", "")
	due := w.waits()
	w.begin(1)
	page, _ := w.events("")
	w.clock.advance(20e9)
	due <- noon
	l.want("id: "+page.Next+"\n", ": nothing new")
}
