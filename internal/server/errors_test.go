package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/blob/file"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/server"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

// failing is a store whose projects can't be read.
type failing struct {
	store.Store
	err error
}

func (f failing) ProjectNamed(context.Context, string) (store.Project, error) {
	return store.Project{}, f.err
}

func (f failing) ListProjects(context.Context, store.ProjectFilter, store.Page) ([]store.Project, string, error) {
	return nil, "", f.err
}

func TestStatusesFollowFromCodes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err     error
		status  int
		message string
	}{
		{model.Errorf(model.Invalid, "it is wrong").WithHint("mend it"), 400, "it is wrong (mend it)"},
		{model.Errorf(model.Exhausted, "it is full"), 400, "it is full"},
		{model.Errorf(model.RunFailed, "it failed"), 400, "it failed"},
		{model.Errorf(model.Unauthenticated, "who is it"), 401, "who is it"},
		{model.Errorf(model.Forbidden, "it may not"), 403, "it may not"},
		{model.Errorf(model.NotFound, "it is not"), 404, "Resource does not exist: it is not"},
		{model.Errorf(model.Conflict, "it is done"), 409, "it is done"},
		{fmt.Errorf("wrapped: %w", model.Errorf(model.Conflict, "it is done")), 409, "wrapped: it is done"},
		{model.Errorf(model.Unavailable, "s3cret is away"), 503, "the server can't reach its database, or what else it needs; its log says why"},
		{errors.New("s3cret broke"), 500, "the server could not answer; its log says why"},
	} {
		w := newWorld(t, openMemory, func(c *server.Config, _ *service.Config) { c.Store = failing{c.Store, test.err} })
		rec := w.do(request("GET", "/api/project?name=p", ""))
		want := fmt.Sprintf(`{"message":%q,"status":%d}`, test.message, test.status)
		if rec.Code != test.status || rec.Body.String() != want || rec.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%v: got %d %s, want %s", test.err, rec.Code, rec.Body, want)
		}
		if h := rec.Header().Get("WWW-Authenticate"); h != "" {
			t.Errorf("%v: the answer asks for %q", test.err, h)
		}
		if logged := strings.Contains(w.log.String(), "s3cret"); logged != (test.status >= 500) {
			t.Errorf("%v: the log says %q", test.err, w.log)
		}
	}
}

func TestReadyAsksTheStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, func(c *server.Config, _ *service.Config) { c.Store = failing{c.Store, errors.New("gone")} })
	if rec := w.do(request("GET", "/readyz", "")); rec.Code != http.StatusServiceUnavailable {
		t.Errorf("without a store the server is ready: %d", rec.Code)
	}
	w.ask(http.StatusOK, "GET", "/livez", "")
}

func TestLimitsOfRunningAttemptsAndOfTasks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, func(_ *server.Config, c *service.Config) { c.Limits = service.Limits{Attempts: 1, Tasks: 2} })
	w.push("p", "1", "big.dig", "+a:\n  echo>: 1\n+b:\n  echo>: 2\n", "w.dig", "+a:\n  echo>: 1\n")
	start := func(workflow int, day string) string {
		return fmt.Sprintf(`{"workflowId":%d,"sessionTime":"2026-03-%sT00:00:00Z","params":{}}`, workflow, day)
	}
	if got := w.ask(400, "PUT", "/api/attempts", start(1, "01")); !strings.Contains(got, "too many tasks") {
		t.Errorf("got %s", got)
	}
	w.ask(200, "PUT", "/api/attempts", start(2, "01"))
	if got := w.ask(400, "PUT", "/api/attempts", start(2, "02")); !strings.Contains(got, "too many attempts") && !strings.Contains(got, "Too many attempts") {
		t.Errorf("got %s", got)
	}
	if got := w.ask(200, "GET", "/api/sessions", ""); strings.Count(got, "sessionUuid") != 1 {
		t.Errorf("a refused start left a session: %s", got)
	}
}

func TestNothingOfADeletedProjectStarts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, nil)
	w.push("p", "1", "w.dig", "+a:\n  echo>: 1\n")
	w.start("2026-03-01T00:00:00Z")
	w.ask(200, "DELETE", "/api/projects/1", "")
	w.ask(404, "PUT", "/api/attempts", `{"workflowId":1,"sessionTime":"2026-03-02T00:00:00Z","params":{}}`)
	w.begin(1)
	w.succeed(1, "+w+a", noParams)
	if got := w.ask(200, "GET", "/api/attempts/1", ""); !strings.Contains(got, `"status":"success"`) || !strings.Contains(got, `"name":"p"`) {
		t.Errorf("what ran is now %s", got)
	}
}

func TestArchivesThatAreRefused(t *testing.T) {
	t.Parallel()
	good := archive(t, "w.dig", "+a:\n  echo>: 1\n")
	w := newWorld(t, openMemory, func(_ *server.Config, c *service.Config) {
		c.Limits.Archive = project.Limits{Bytes: 4096, Entries: 10}
	})
	for name, test := range map[string]struct {
		query  string
		body   []byte
		change func(*http.Request)
		want   string
	}{
		"no project":          {"revision=r", good, nil, "can't be empty"},
		"no revision":         {"project=p", good, nil, "can't be empty"},
		"bad name":            {"project=1p&revision=r", good, nil, "can't start with a digit"},
		"bad schedule_from":   {"project=p&revision=r&schedule_from=x", good, nil, "schedule_from"},
		"zone-less time":      {"project=p&revision=r&schedule_from=2026-01-01T00:00:00", good, nil, "schedule_from"},
		"no type":             {"project=p&revision=r", good, func(r *http.Request) { r.Header.Del("Content-Type") }, "application/gzip"},
		"other type":          {"project=p&revision=r", good, func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, "application/gzip"},
		"no length":           {"project=p&revision=r", good, func(r *http.Request) { r.ContentLength = -1 }, "Content-Length"},
		"encoded":             {"project=p&revision=r", good, func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, "without the Content-Encoding"},
		"too long":            {"project=p&revision=r", good, func(r *http.Request) { r.ContentLength-- }, "bytes long"},
		"too short":           {"project=p&revision=r", good, func(r *http.Request) { r.ContentLength++ }, "bytes long"},
		"length over limit":   {"project=p&revision=r", good, func(r *http.Request) { r.ContentLength = 5000 }, "Size of the uploaded archive file exceeds limit"},
		"nothing":             {"project=p&revision=r", nil, nil, "gzip"},
		"no gzip":             {"project=p&revision=r", []byte("hello"), nil, "gzip"},
		"cut off":             {"project=p&revision=r", good[:len(good)-9], nil, "archive"},
		"bomb":                {"project=p&revision=r", archive(t, "w.dig", strings.Repeat(" ", 100_000)), nil, "Size of the uploaded archive file exceeds limit"},
		"fault in a workflow": {"project=p&revision=r", archive(t, "w.dig", "+a:\n  echo>: 1\n  sh>: 2\n"), nil, "w.dig"},
		"faults in both":      {"project=p&revision=r", archive(t, "a.dig", "+a: [\n", "b.dig", "x: 1\n"), nil, "b.dig"},
		"bad schedule":        {"project=p&revision=r", archive(t, "w.dig", "schedule:\n  dayly>: 07:00:00\n+a:\n  echo>: 1\n"), nil, "w.dig"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := pushRequest(test.query, test.body)
			if test.change != nil {
				test.change(r)
			}
			rec := w.do(r)
			if rec.Code != 400 || !strings.Contains(rec.Body.String(), test.want) {
				t.Errorf("got %d %s, want 400 with %q", rec.Code, rec.Body, test.want)
			}
			if got := w.ask(200, "GET", "/api/projects", ""); got != `{"projects":[]}` {
				t.Errorf("there is something after it: %s", got)
			}
		})
	}
}

func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, func(c *server.Config, _ *service.Config) { c.MaxBody = 1000 })
	long := `{"workflowId":1,"sessionTime":"2026-03-01T00:00:00Z","params":{"x":"` + strings.Repeat("y", 2000) + `"}}`
	if got := w.ask(400, "PUT", "/api/attempts", long); !strings.Contains(got, "1000 bytes") {
		t.Errorf("got %s", got)
	}
	r := request("PUT", "/api/attempts", "")
	r.Body = readCloser(zip(t, []byte(long)))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Content-Encoding", "gzip")
	if rec := w.do(r); rec.Code != 400 || !strings.Contains(rec.Body.String(), "1000 bytes") {
		t.Errorf("compressed: got %d %s", rec.Code, rec.Body)
	}
	r = request("PUT", "/api/attempts", long)
	r.Header.Set("Content-Type", "application/gzip")
	if rec := w.do(r); rec.Code != 400 || !strings.Contains(rec.Body.String(), "1000 bytes") {
		t.Errorf("as an archive: got %d %s", rec.Code, rec.Body)
	}
}

func TestErrorsAreCompactJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, nil)
	got := w.ask(404, "GET", "/api/attempts/<x>&", "")
	var v struct{ Message string }
	if err := json.Unmarshal([]byte(got), &v); err != nil || !strings.HasSuffix(got, `,"status":404}`) || !strings.Contains(got, "<x>&") {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestAnInternalErrorShowsNoSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, nil)
	w.push("p", "1", "w.dig", "+a:\n  echo>: 1\n")
	w.ask(200, "PUT", "/api/projects/1/secrets/k", `{"value":"s3cret-marker"}`)
	for _, body := range []string{`{"value":{"s3cret-marker":1}}`, `{"value":"s3cret-marker`, `"s3cret-marker"`} {
		if got := w.ask(400, "PUT", "/api/projects/1/secrets/k", body); strings.Contains(got, "marker") {
			t.Errorf("%s: got %s", body, got)
		}
	}
	var all bytes.Buffer
	all.Write(w.log.Bytes())
	for _, e := range w.audit() {
		fmt.Fprint(&all, e)
	}
	for _, path := range []string{"/api/projects/1/secrets", "/api/projects/1", "/api/projects/1/revisions"} {
		all.WriteString(w.ask(200, "GET", path, ""))
	}
	if strings.Contains(all.String(), "marker") {
		t.Errorf("the secret is shown: %s", &all)
	}
}

// panicking is a store with a fault in it.
type panicking struct{ store.Store }

func (panicking) ListSessions(context.Context, store.SessionFilter, store.Page) ([]store.SessionEntry, string, error) {
	panic("s3cret fault")
}

func TestAFaultOfTheProgramEndsOneRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, func(c *server.Config, _ *service.Config) { c.Store = panicking{c.Store} })
	if got := w.ask(500, "GET", "/api/sessions", ""); strings.Contains(got, "s3cret") {
		t.Errorf("the client sees %s", got)
	}
	if !strings.Contains(w.log.String(), "s3cret fault") || !strings.Contains(w.log.String(), "ListSessions") {
		t.Errorf("the log says %s", w.log)
	}
	w.ask(200, "GET", "/api/projects", "")
}

// signing is an object store that has URLs.
type signing struct{ blob.Store }

func (signing) SignGet(_ context.Context, key string, _ time.Duration) (string, error) {
	return "https://blobs.example/" + key, nil
}

func TestAnArchiveElsewhereIsRedirectedTo(t *testing.T) {
	t.Parallel()
	blobs, err := file.Open(t.TempDir())
	must(t, err)
	t.Cleanup(func() { must(t, blobs.Close()) })
	w := newWorld(t, openMemory, func(_ *server.Config, c *service.Config) {
		c.Archives = service.Archives{Type: "file", Stores: map[string]service.ArchiveStore{"file": {Store: signing{blobs}, Direct: time.Minute}}}
	})
	files := []string{"w.dig", "+a:\n  echo>: 1\n"}
	w.push("p", "1", files...)
	if rec := w.do(pushRequest("project=p&revision=1", archive(t, files...))); rec.Code != 409 {
		t.Errorf("a revision that is taken: %d %s", rec.Code, rec.Body)
	}
	if kept, err := blobs.List(t.Context(), "", "", 10); err != nil || len(kept) != 1 {
		t.Errorf("the store keeps %v, %v", kept, err)
	}
	for query, status := range map[string]int{"": 303, "?direct_download=true": 303, "?direct_download=false": 200, "?direct_download=1": 200} {
		rec := w.do(request("GET", "/api/projects/1/archive"+query, ""))
		if rec.Code != status || (status == 303) != strings.HasPrefix(rec.Header().Get("Location"), "https://blobs.example/0/cA/1.") {
			t.Errorf("%q: got %d %v", query, rec.Code, rec.Header())
		}
		if status == 200 && !bytes.Equal(rec.Body.Bytes(), archive(t, files...)) {
			t.Errorf("%q: got another archive of %d bytes", query, rec.Body.Len())
		}
	}
}
