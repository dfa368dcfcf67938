package client_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/params"
)

// What is read of an object is what is written of it.
func TestObjectsAreWrittenAsTheyAreRead(t *testing.T) {
	t.Parallel()
	for text, into := range map[string]any{
		`{"id":"1","name":"p","revision":"r","createdAt":"2026-01-30T00:00:00Z","updatedAt":"2026-01-31T00:00:00Z","deletedAt":null,"archiveType":"db","archiveMd5":"AQI="}`:                new(client.Project),
		`{"id":"2","name":"w","project":{"id":"1","name":"p"},"revision":"r","timezone":"Asia/Tokyo","config":{"+b":{"echo>":"x"},"+a":{}}}`:                                                new(client.Workflow),
		`{"id":"3","project":{"id":"1","name":"p"},"workflow":{"id":"2","name":"w"},"nextRunTime":"2026-01-30T07:00:00Z","nextScheduleTime":"2026-01-30T00:00:00+00:00","disabledAt":null}`: new(client.Schedule),
		`{"id":"4","project":{"id":"1","name":"p"},"workflow":{"id":null,"name":"w"},"sessionUuid":"u","sessionTime":"2026-01-30T00:00:00+09:00","lastAttempt":null}`:                       new(client.Session),
		`{"id":"5","retryAttemptName":null,"done":true,"success":false,"cancelRequested":true,"params":{"k":[1,"x"]},"createdAt":"2026-01-30T00:00:00Z","finishedAt":null,` +
			`"index":2,"project":{"id":"1","name":"p"},"workflow":{"id":"2","name":"w"},"sessionId":"4","sessionUuid":"u","sessionTime":"2026-01-30T00:00:00-03:30","status":"killed"}`: new(client.Attempt),
		`{"id":"6","fullName":"+w+a","parentId":"5","config":{},"upstreams":["3","4"],"isGroup":false,"state":"success","cancelRequested":false,"exportParams":{},"storeParams":{"a":1},` +
			`"stateParams":{},"updatedAt":"2026-01-30T00:00:00Z","retryAt":null,"startedAt":null,"error":{}}`: new(client.Task),
		`{"fileName":"f","fileSize":7,"taskName":"+w+a","fileTime":"2026-01-30T00:00:00Z","agentId":"a","direct":null}`:                         new(client.LogFile),
		`{"name":"ci","scopes":["run:p"],"createdAt":"2026-01-30T00:00:00Z","expiresAt":null,"usedAt":null,"token":"pawl_x"}`:                   new(client.NewToken),
		`{"id":"7","at":"2026-01-30T00:00:00.000100Z","principal":null,"action":"a","project":null,"target":"t","outcome":"done","remote":"r"}`: new(client.AuditEntry),
	} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var again strings.Builder
		e := json.NewEncoder(&again)
		e.SetEscapeHTML(false)
		if err := e.Encode(into); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(text+"\n", again.String()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestIDsAreTextsOrNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]client.ID{`"17"`: "17", `17`: "17", `null`: ""} {
		var id client.ID
		if err := json.Unmarshal([]byte(text), &id); err != nil || id != want {
			t.Errorf("%s: %q, %v", text, id, err)
		}
	}
	for _, text := range []string{`"x"`, `""`, `1.5`, `{}`, `true`} {
		var id client.ID
		if err := json.Unmarshal([]byte(text), &id); err == nil {
			t.Errorf("%s is %q", text, id)
		}
	}
}

func TestWhatIsMissingOrNullIsNothing(t *testing.T) {
	t.Parallel()
	var a client.Attempt
	if err := json.Unmarshal([]byte(`{"id":"1","params":null,"finishedAt":null,"retryAttemptName":null,"more":1}`), &a); err != nil {
		t.Fatal(err)
	}
	if a.Params.Len() != 0 || !a.FinishedAt.IsZero() || a.RetryAttemptName != "" || a.FinishedAt.String() != "" {
		t.Errorf("got %+v", a)
	}
}

func TestTheStatusFollowsWhereNobodyTellsIt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"done":true,"success":true,"cancelRequested":true}`:    "success",
		`{"done":true,"success":false,"cancelRequested":true}`:   "killed",
		`{"done":true,"success":false,"cancelRequested":false}`:  "error",
		`{"done":false,"success":false,"cancelRequested":true}`:  "running",
		`{"done":false,"success":false,"cancelRequested":false}`: "running",
		`{"done":true,"status":"odd"}`:                           "odd",
	} {
		var a client.Attempt
		if err := json.Unmarshal([]byte(text), &a); err != nil || a.Status != want {
			t.Errorf("%s: %q, %v", text, a.Status, err)
		}
	}
}

// Each call asks what it must.
func TestRequests(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 30, 9, 0, 0, 5, time.FixedZone("", 9*3600))
	for _, c := range []struct {
		call func(*client.Client) error
		want string
	}{
		{func(c *client.Client) error { _, err := c.Projects(t.Context(), "", client.Page{}); return err }, "GET /api/projects"},
		{func(c *client.Client) error {
			_, err := c.Projects(t.Context(), "a b", client.Page{After: "3", Size: 5})
			return err
		}, "GET /api/projects?count=5&last_id=3&name_pattern=a+b"},
		{func(c *client.Client) error { _, err := c.DeleteProject(t.Context(), "3"); return err }, "DELETE /api/projects/3"},
		{func(c *client.Client) error {
			p := push("p", "text")
			p.ScheduleFrom = at
			_, err := c.Push(t.Context(), p)
			return err
		}, "PUT /api/projects?project=p&revision=r&schedule_from=2026-01-30T00%3A00%3A00Z application/gzip text"},
		{func(c *client.Client) error { _, err := c.SecretKeys(t.Context(), "3"); return err }, "GET /api/projects/3/secrets"},
		{func(c *client.Client) error { return c.SetSecret(t.Context(), "3", "a.b", "v") }, `PUT /api/projects/3/secrets/a.b application/json {"value":"v"}`},
		{func(c *client.Client) error { return c.DeleteSecret(t.Context(), "3", "a.b") }, "DELETE /api/projects/3/secrets/a.b"},
		{func(c *client.Client) error {
			_, err := c.Workflows(t.Context(), client.WorkflowFilter{Contains: "w", Order: "desc"}, client.Page{})
			return err
		}, "GET /api/workflows?name_pattern=w&order=desc"},
		{func(c *client.Client) error { _, err := c.ProjectWorkflows(t.Context(), "3"); return err }, "GET /api/projects/3/workflows"},
		{func(c *client.Client) error { _, err := c.Workflow(t.Context(), "3", "a/b c", "r"); return err }, "GET /api/projects/3/workflows/a%2Fb%20c?revision=r"},
		{func(c *client.Client) error {
			_, err := c.SessionTimeOf(t.Context(), "3", "2026-01-30T00:00:00", client.ToDay)
			return err
		}, "GET /api/workflows/3/truncated_session_time?mode=day&session_time=2026-01-30T00%3A00%3A00"},
		{func(c *client.Client) error { _, err := c.ProjectSchedules(t.Context(), "3", "w"); return err }, "GET /api/projects/3/schedules?workflow=w"},
		{func(c *client.Client) error { _, err := c.Schedule(t.Context(), "3"); return err }, "GET /api/schedules/3"},
		{func(c *client.Client) error {
			_, err := c.Skip(t.Context(), "3", client.Skip{To: at, RunAt: at, Count: 7})
			return err
		}, `POST /api/schedules/3/skip application/json {"nextTime":"2026-01-30T00:00:00Z","fromTime":null,"count":null,"nextRunTime":"2026-01-30T00:00:00Z","dryRun":false}`},
		{func(c *client.Client) error {
			_, err := c.Skip(t.Context(), "3", client.Skip{From: at, Count: 7, DryRun: true})
			return err
		}, `POST /api/schedules/3/skip application/json {"nextTime":null,"fromTime":"2026-01-30T00:00:00Z","count":7,"nextRunTime":null,"dryRun":true}`},
		{func(c *client.Client) error {
			_, err := c.Backfill(t.Context(), "3", client.Backfill{From: at, Name: "n"})
			return err
		}, `POST /api/schedules/3/backfill application/json {"fromTime":"2026-01-30T00:00:00Z","attemptName":"n","count":null,"dryRun":false}`},
		{func(c *client.Client) error {
			_, err := c.Backfill(t.Context(), "3", client.Backfill{From: at, Name: "n", FromFailure: true, Tasks: []string{"+a"}, After: true})
			return err
		}, `POST /api/schedules/3/backfill application/json {"fromTime":"2026-01-30T00:00:00Z","attemptName":"n","count":null,"dryRun":false,"fromFailure":true,"tasks":["+a"],"after":true}`},
		{func(c *client.Client) error {
			_, err := c.Backfills(t.Context(), client.BackfillFilter{Project: "p", Workflow: "w", Name: "n"}, 9)
			return err
		}, "GET /api/pawl/v1/backfills?count=9&name=n&project=p&workflow=w"},
		{func(c *client.Client) error { _, err := c.BackfillOf(t.Context(), "3"); return err }, "GET /api/pawl/v1/backfills/3"},
		{func(c *client.Client) error { _, err := c.CancelBackfill(t.Context(), "3"); return err }, "POST /api/pawl/v1/backfills/3/cancel"},
		{func(c *client.Client) error { _, err := c.Enable(t.Context(), "3"); return err }, "POST /api/schedules/3/enable"},
		{func(c *client.Client) error { _, err := c.Disable(t.Context(), "3"); return err }, "POST /api/schedules/3/disable"},
		{func(c *client.Client) error { _, err := c.Sessions(t.Context(), client.Page{Size: 2}); return err }, "GET /api/sessions?page_size=2"},
		{func(c *client.Client) error {
			_, err := c.ProjectSessions(t.Context(), "3", "w", client.Page{After: "9"})
			return err
		}, "GET /api/projects/3/sessions?last_id=9&workflow=w"},
		{func(c *client.Client) error { _, err := c.Session(t.Context(), "3"); return err }, "GET /api/sessions/3"},
		{func(c *client.Client) error { _, err := c.SessionAttempts(t.Context(), "3", client.Page{}); return err }, "GET /api/sessions/3/attempts?tags=true"},
		{func(c *client.Client) error { _, err := c.Attempts(t.Context(), client.Page{}); return err }, "GET /api/attempts?tags=true"},
		{func(c *client.Client) error { _, err := c.Tasks(t.Context(), "3"); return err }, "GET /api/attempts/3/tasks"},
		{func(c *client.Client) error { _, err := c.Kill(t.Context(), "3"); return err }, "POST /api/attempts/3/kill"},
		{func(c *client.Client) error {
			_, err := c.Start(t.Context(), client.Start{
				Workflow: "3", SessionTime: client.SessionTime{Time: at}, Name: "n", Params: params.Of("k", "v"),
				Resume: &client.Resume{Mode: "from", Attempt: "2", From: "+a"},
			})
			return err
		}, `PUT /api/attempts application/json {"workflowId":"3","sessionTime":"2026-01-30T09:00:00+09:00","retryAttemptName":"n","resume":{"mode":"from","attemptId":"2","from":"+a"},"params":{"k":"v"}}`},
		{func(c *client.Client) error { _, err := c.LogFiles(t.Context(), "3", "+w+a"); return err }, "GET /api/logs/3/files?task=%2Bw%2Ba"},
		{func(c *client.Client) error { _, err := c.CheckVersion(t.Context(), "v1.2.3-rc1"); return err }, "GET /api/version/check?client=1.2.3-rc1"},
	} {
		p := newPeer(t, answer(200, `{}`))
		if err := c.call(to(t, p.URL, client.Config{})); err != nil {
			t.Errorf("%s: %v", c.want, err)
		}
		if diff := cmp.Diff([]string{c.want}, p.requests()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestAProgramWithoutAVersionFits(t *testing.T) {
	t.Parallel()
	p := newPeer(t, answer(500, ""))
	fit, err := to(t, p.URL, client.Config{}).CheckVersion(t.Context(), "dev")
	if err != nil || !fit.APICompatible || len(p.requests()) > 0 {
		t.Errorf("got %+v, %v, %q", fit, err, p.requests())
	}
}

func TestSchedulesAreReadToTheLast(t *testing.T) {
	t.Parallel()
	page := func(n int) string {
		return `{"schedules":[` + strings.TrimSuffix(strings.Repeat(`{"id":"8"},`, n), ",") + `]}`
	}
	p := newPeer(t, answer(200, page(100)), answer(200, page(3)))
	all, err := to(t, p.URL, client.Config{}).Schedules(t.Context())
	if err != nil || len(all) != 103 {
		t.Errorf("%d schedules, %v", len(all), err)
	}
	if diff := cmp.Diff([]string{"GET /api/schedules", "GET /api/schedules?last_id=8"}, p.requests()); diff != "" {
		t.Error(diff)
	}
}
