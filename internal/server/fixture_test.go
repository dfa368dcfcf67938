package server_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/secret/secrettest"
	"github.com/pawlhq/pawl/internal/server"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is when tests begin.
var noon = time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)

// fakeClock stands still unless it is moved. Who waits on it is woken by tick.
type fakeClock struct {
	mu      sync.Mutex
	now     time.Time
	waiting chan chan time.Time
}

func newClock() *fakeClock { return &fakeClock{now: noon, waiting: make(chan chan time.Time, 16)} }

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (c *fakeClock) After(time.Duration) (<-chan time.Time, func()) {
	due := make(chan time.Time, 1)
	c.waiting <- due
	return due, func() {}
}

// world is an installation under test.
type world struct {
	testing.TB
	store   store.Store
	clock   *fakeClock
	logs    *logs.Dir
	log     *bytes.Buffer
	audited store.AuditID // the newest entry of the audit log that was looked at
	server  *server.Server
	service *service.Service
	// committed is told what is committed; nil tells nobody.
	committed func(*store.Batch)
}

// people are those that the server knows, each with a password like the name.
type people map[string]auth.Principal

func (p people) Authenticate(_ context.Context, c auth.Credentials) (auth.Principal, error) {
	for name, who := range p {
		if c == auth.Password(name, name) {
			return who, nil
		}
	}
	return auth.Principal{}, auth.ErrForeign
}

// everybody are the people of tests. Each pushes with a name.
func everybody() people {
	all := people{}
	for name, scopes := range map[string][]auth.Scope{
		"ann":    auth.Everything(),
		"guest":  {{Verb: auth.Read, Project: "other"}},
		"runner": {{Verb: auth.Run, Project: "p"}},
		"nobody": nil,
	} {
		all[name] = auth.Principal{Name: name, Scopes: scopes, UserInfo: params.Of("name", name)}
	}
	all["root"] = auth.Principal{Name: "root", Admin: true}
	return all
}

func openMemory(testing.TB) store.Store { return memory.New() }

// stores are those that transcripts are played over.
var stores = map[string]func(testing.TB) store.Store{"memory": openMemory}

// newWorld returns an installation that adjust may change before it begins.
func newWorld(t testing.TB, open func(testing.TB) store.Store, adjust func(*server.Config, *service.Config)) *world {
	t.Helper()
	w := &world{TB: t, store: open(t), clock: newClock(), logs: logs.At(t.TempDir()), log: new(bytes.Buffer)}
	t.Cleanup(func() { must(t, w.store.Close()) })
	ring, err := secret.ParseRing(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 32)))
	must(t, err)
	var mu sync.Mutex
	uuids := 0
	of := service.Config{
		Store: w.store, Clock: w.clock, TempDir: t.TempDir(), Limits: service.Limits{Attempts: 5, Tasks: 50},
		NewUUID: func() string {
			mu.Lock()
			defer mu.Unlock()
			uuids++
			return fmt.Sprintf("00000000-0000-4000-8000-%012d", uuids)
		},
	}
	cfg := server.Config{
		Store: w.store, Vault: secret.NewVault(new(secrettest.Records), ring), Logs: w.logs, Auth: everybody(),
		Log: slog.New(slog.NewTextHandler(w.log, nil)), Clock: w.clock, Version: "0.11.0",
	}
	if adjust != nil {
		adjust(&cfg, &of)
	}
	w.service = service.New(of)
	cfg.Service = w.service
	w.server = server.New(cfg)
	return w
}

// audit returns what is new in the audit log, the oldest first.
func (w *world) audit() []store.AuditEntry {
	w.Helper()
	entries, _, err := w.store.ListAudit(w.Context(), store.AuditFilter{}, store.Page{Limit: store.MaxLimit})
	must(w, err)
	slices.Reverse(entries)
	entries = slices.DeleteFunc(entries, func(e store.AuditEntry) bool { return e.ID <= w.audited })
	if len(entries) > 0 {
		w.audited = entries[len(entries)-1].ID
	}
	return entries
}

// do sends a request as ann, unless it says who.
func (w *world) do(r *http.Request) *httptest.ResponseRecorder {
	if r.Header.Get("Authorization") == "" {
		r.SetBasicAuth("ann", "ann")
	}
	ctx, cancel := context.WithTimeout(r.Context(), time.Minute) // rather than for ever
	defer cancel()
	rec := httptest.NewRecorder()
	w.server.ServeHTTP(rec, r.WithContext(ctx))
	return rec
}

// request makes a request with a JSON body, or without one.
func request(method, path, body string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// ask sends a request and fails the test unless the status is the wanted one.
func (w *world) ask(status int, method, path, body string) string {
	w.Helper()
	rec := w.do(request(method, path, body))
	if rec.Code != status {
		w.Fatalf("%s %s: %d %s, want %d", method, path, rec.Code, rec.Body, status)
	}
	return rec.Body.String()
}

// archive packs files, given as names and contents in turn.
func archive(t testing.TB, files ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(dir, files[i])
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, []byte(files[i+1]), 0o644))
	}
	var b bytes.Buffer
	must(t, project.Pack(dir, &b, project.PackOptions{}))
	return b.Bytes()
}

func pushRequest(query string, body []byte) *http.Request {
	r := httptest.NewRequest(http.MethodPut, "/api/projects?"+query, bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/gzip")
	return r
}

// push adds a revision with files.
func (w *world) push(name, revision string, files ...string) {
	w.Helper()
	rec := w.do(pushRequest("project="+name+"&revision="+revision, archive(w, files...)))
	if rec.Code != http.StatusOK {
		w.Fatalf("push: %d %s", rec.Code, rec.Body)
	}
}

// start starts workflow 1 for a session time.
func (w *world) start(at string) {
	w.Helper()
	w.ask(http.StatusOK, "PUT", "/api/attempts", `{"workflowId":1,"sessionTime":"`+at+`","params":{}}`)
}

// apply gives an attempt commands, as a conductor would, and stores what
// follows. Commands that were posted come first.
func (w *world) apply(id model.AttemptID, commands ...func(*engine.Attempt) engine.Command) {
	w.Helper()
	snap, err := w.store.Load(w.Context(), id)
	must(w, err)
	a, err := engine.Restore(snap.Definition, snap.Attempt.AttemptRow, snap.Growths, snap.Tasks, snap.Seq)
	must(w, err)
	var step engine.Step
	var batch store.Batch
	now := model.InstantOf(w.clock.Now())
	for _, p := range snap.Inbox {
		must(w, a.Apply(now, p.Command, &step))
		batch.Consumed = append(batch.Consumed, p.ID)
	}
	for _, c := range commands {
		must(w, a.Apply(now, c(a), &step))
	}
	batch.Attempts, batch.Tasks, batch.Grown, batch.Events = step.Attempts, step.Tasks, step.Grown, step.Events
	batch.Items, batch.Dropped, batch.Versions = step.Items, step.Dropped, step.Versions
	batch.Listening, batch.Buried, batch.Records = step.Listening, step.Buried, step.Records
	must(w, w.store.Commit(w.Context(), &batch))
	if w.committed != nil {
		w.committed(&batch)
	}
}

func (w *world) begin(id model.AttemptID) {
	w.apply(id, func(*engine.Attempt) engine.Command { return engine.Command{Kind: engine.Begin} })
}

// report makes a report of the running try of a task.
func report(t testing.TB, task string, c engine.Command) func(*engine.Attempt) engine.Command {
	return func(a *engine.Attempt) engine.Command {
		id, ok := a.Find(task)
		if !ok {
			t.Fatalf("there is no task %s", task)
		}
		c.Task, c.Try = id, a.Task(id).Try
		return c
	}
}

func (w *world) succeed(id model.AttemptID, task string, stored params.Map) {
	w.apply(id, report(w, task, engine.Command{Kind: engine.Succeed, Result: &engine.Result{Store: stored}}))
}

func (w *world) fail(id model.AttemptID, task, message string) {
	w.apply(id, report(w, task, engine.Command{Kind: engine.Fail, Failure: &engine.Failure{Error: params.Of("message", message, "stacktrace", "")}}))
}

// await has a running task wait for messages: TOPIC PARAM VALUE.
func (w *world) await(id model.AttemptID, task string, key []string) {
	w.apply(id, report(w, task, engine.Command{Kind: engine.WaitFor, Wait: &engine.Wait{
		Keys: []engine.Key{{Topic: key[0], Param: key[1], Value: key[2]}},
	}}))
}

// send has a running task end with a record that it sends.
func (w *world) send(id model.AttemptID, task string, r engine.Record) {
	w.apply(id, report(w, task, engine.Command{Kind: engine.Succeed, Result: &engine.Result{Records: []engine.Record{r}}}))
}

// lose tells that the runner of a try is gone.
func (w *world) lose(id model.AttemptID, task string) {
	w.apply(id, report(w, task, engine.Command{Kind: engine.Lose}))
}

// print writes to the log of a try.
func (w *world) print(id model.AttemptID, task string, try int32, text string) {
	w.Helper()
	tasks, err := w.service.Tasks(w.Context(), id)
	must(w, err)
	at, ok := tasks.Find(task)
	if !ok {
		w.Fatalf("there is no task %s", task)
	}
	o := &logs.Output{Store: w.logs, ID: model.TryID{Attempt: id, Task: at, Try: try}, Task: task}
	_, err = o.Write([]byte(text))
	must(w, err)
	must(w, o.Close())
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
