package server_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/server"
	"github.com/pawlhq/pawl/internal/service"
)

// listener reads a stream of events.
type listener struct {
	*world
	lines *bufio.Scanner
	close func()
}

// listen opens a stream. It ends with the test.
func (w *world) listen(path, last string) *listener {
	w.Helper()
	s := httptest.NewServer(w.server)
	ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
	w.Cleanup(func() {
		cancel()
		s.Client().CloseIdleConnections()
		s.Close()
	})
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+path, nil)
	must(w, err)
	r.SetBasicAuth("ann", "ann")
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Accept-Encoding", "gzip")
	r.Header.Set("Last-Event-ID", last)
	resp, err := s.Client().Do(r)
	must(w, err)
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" || resp.Header.Get("Content-Encoding") != "" {
		w.Fatalf("got %d with %v", resp.StatusCode, resp.Header)
	}
	w.Cleanup(func() { resp.Body.Close() })
	return &listener{w, bufio.NewScanner(resp.Body), cancel}
}

// next returns one event as its lines.
func (l *listener) next() string {
	l.Helper()
	var b strings.Builder
	for l.lines.Scan() {
		if l.lines.Text() == "" {
			return b.String()
		}
		b.WriteString(l.lines.Text() + "\n")
	}
	return b.String()
}

func (l *listener) want(parts ...string) {
	l.Helper()
	got := l.next()
	for _, part := range parts {
		if !strings.Contains(got, part) {
			l.Fatalf("the next event is %q, want one with %q", got, part)
		}
	}
}

// waits returns what ends the wait of the stream once it waits.
func (w *world) waits() chan time.Time {
	w.Helper()
	select {
	case due := <-w.clock.waiting:
		return due
	case <-time.After(time.Minute):
		w.Fatal("the stream does not wait")
		return nil
	}
}

// wake lets the stream look again once it waits.
func (w *world) wake() {
	w.Helper()
	w.waits() <- time.Time{}
}

func started(t *testing.T) *world {
	w := newWorld(t, openMemory, nil)
	w.push("p", "1", "w.dig", "+a:\n  echo>: 1\n")
	w.start("2026-03-01T00:00:00Z")
	return w
}

func TestEventsAreStreamedUntilTheAttemptIsDone(t *testing.T) {
	t.Parallel()
	w := started(t)
	l := w.listen("/api/pawl/v1/attempts/1/events", "")
	due := w.waits() // it has seen that there is nothing
	w.begin(1)
	due <- time.Time{}
	l.want("id: 1\nevent: attempt_started\n")
	l.want("id: 2\n")
	l.want("id: 3\nevent: task_started\n", `"fullName":"+w+a"`)
	w.wake() // nothing new is no event
	due = w.waits()
	w.succeed(1, "+w+a", params.Of("x", 1))
	due <- time.Time{}
	l.want("id: 4\n")
	l.want("id: 5\n")
	l.want("event: attempt_ended\n")
	l.want("event: end\n")
	if rest := l.next(); rest != "" {
		t.Errorf("after the end comes %q", rest)
	}
}

func TestASilentStreamShowsThatItLives(t *testing.T) {
	t.Parallel()
	w := started(t)
	l := w.listen("/api/pawl/v1/attempts/1/events", "7")
	due := w.waits()
	w.clock.advance(20 * time.Second)
	due <- time.Time{}
	l.want(": nothing new")
}

func TestAStreamEndsWithTheServerAndWithTheClient(t *testing.T) {
	t.Parallel()
	w := started(t)
	l := w.listen("/api/pawl/v1/attempts/1/events", "")
	w.waits()
	w.server.Drain()
	if got := l.next(); got != "" {
		t.Errorf("a server that stops sends %q", got)
	}
	if rec := w.do(request("GET", "/readyz", "")); rec.Code != http.StatusServiceUnavailable {
		t.Errorf("a server that stops answers %d", rec.Code)
	}
	w.ask(200, "GET", "/livez", "")

	w = started(t)
	l = w.listen("/api/pawl/v1/attempts/1/events", "")
	w.waits()
	l.close() // the test ends only if the handler does
}

// pushed is a clock by which it is never time to look: what a stream sends was
// told to it.
type pushed struct{ *fakeClock }

func (pushed) After(d time.Duration) (<-chan time.Time, func()) {
	due := make(chan time.Time, 1)
	if d < 100*time.Millisecond {
		due <- noon
	}
	return due, func() {}
}

// tell tells the server of all that is committed from now on.
func (w *world) tell() { w.committed = w.server.Committed }

func TestEventsOfThisProcessArePushed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, func(c *server.Config, _ *service.Config) { c.Clock = pushed{newClock()} })
	w.push("p", "1", "w.dig", "+a:\n  echo>: 1\n")
	w.start("2026-03-01T00:00:00Z")
	w.start("2026-03-02T00:00:00Z")
	w.tell()
	l, other := w.listen("/api/pawl/v1/attempts/1/events", ""), w.listen("/api/pawl/v1/attempts/2/events", "")
	w.begin(1)
	l.want("id: 1\nevent: attempt_started\n")
	l.want("id: 2\n")
	l.want("id: 3\nevent: task_started\n")
	w.succeed(1, "+w+a", noParams)
	l.want("id: 4\n")
	l.want("id: 5\n")
	l.want("event: attempt_ended\n")
	l.want("event: end\n")
	w.begin(2)
	other.want("id: 1\nevent: attempt_started\n")
}

func TestALogIsPushedThroughTriesUntilItsTaskIsDone(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("this system does not tell of writes to files")
	}
	w := newWorld(t, openMemory, func(c *server.Config, _ *service.Config) { c.Clock = pushed{newClock()} })
	w.push("p", "1", "w.dig", "+a:\n  echo>: 1\n  _retry: 1\n")
	w.start("2026-03-01T00:00:00Z")
	w.begin(1)
	w.tell()
	o := &logs.Output{Store: w.logs, ID: model.TryID{Attempt: 1, Task: 1, Try: 1}, Task: "+w+a"}
	t.Cleanup(func() { must(t, o.Close()) })
	l := w.listen("/api/pawl/v1/attempts/1/logs/+w+a/follow", "")
	program, err := o.File()
	must(t, err)
	say := func(text string) {
		_, err := program.WriteString(text)
		must(t, err)
	}
	say("one\ntwo\nthr")
	l.want("id: 1-8\nevent: log\ndata: one\ndata: two\n")
	say("ee\r\n10%\r20%\n\xff\n")
	l.want("id: 1-25\nevent: log\ndata: three\ndata: 10%\ndata: 20%\ndata: \uFFFD\n")
	say("unfinished")
	w.succeed(1, "+w+a", noParams)
	l.want("id: 1-35\nevent: log\ndata: unfinished\n")
	l.want("event: end\n")

	l = w.listen("/api/pawl/v1/attempts/1/logs/16777218/follow", "1-8")
	l.want("id: 1-25\nevent: log\ndata: three\n")
	l.want("data: unfinished\n")
	l.want("event: end\n")
	for _, task := range []string{"+w+b", "33554434", "16777220", "0", "x"} {
		w.ask(404, "GET", "/api/pawl/v1/attempts/1/logs/"+task+"/follow", "")
	}
}

func TestWhatAnotherProcessLogsIsLookedFor(t *testing.T) {
	t.Parallel()
	w := started(t)
	w.begin(1)
	l := w.listen("/api/pawl/v1/attempts/1/logs/+w+a/follow", "")
	due := w.waits()
	w.logs = logs.At(filepath.Dir(w.logs.Attempt(1)))
	w.print(1, "+w+a", 1, "hello\n")
	due <- time.Time{}
	l.want("id: 1-6\nevent: log\ndata: hello\n")
}

func TestAStreamLooksEverMoreSeldomUntilSomethingHappens(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var waits []time.Duration
	w := newWorld(t, openMemory, func(c *server.Config, _ *service.Config) {
		c.Clock = noting{c.Clock.(*fakeClock), func(d time.Duration) { mu.Lock(); waits = append(waits, d); mu.Unlock() }}
	})
	w.push("p", "1", "w.dig", "+a:\n  echo>: 1\n")
	w.start("2026-03-01T00:00:00Z")
	l := w.listen("/api/pawl/v1/attempts/1/events", "")
	for range 6 {
		w.wake()
	}
	w.waits()
	w.start("2026-03-02T00:00:00Z") // somebody is at work
	due := w.waits()
	w.start("2026-03-03T00:00:00Z") // which is soon looked for anyway
	w.begin(1)
	due <- time.Time{}
	l.want("id: 1\n")
	w.waits()
	mu.Lock()
	defer mu.Unlock()
	const ms = time.Millisecond
	want := []time.Duration{250 * ms, 500 * ms, 1000 * ms, 2000 * ms, 4000 * ms, 5000 * ms, 5000 * ms, 250 * ms, 250 * ms}
	if diff := cmp.Diff(want, waits); diff != "" {
		t.Errorf("the waits (-want +got):\n%s", diff)
	}
}

// noting notes how long is waited.
type noting struct {
	*fakeClock
	note func(time.Duration)
}

func (n noting) After(d time.Duration) (<-chan time.Time, func()) {
	n.note(d)
	return n.fakeClock.After(d)
}

func TestALogOfALaterTryFollows(t *testing.T) {
	t.Parallel()
	w := started(t)
	w.begin(1)
	w.print(1, "+w+a", 1, "first, unfinished")
	w.print(1, "+w+a", 2, "second\n")
	l := w.listen("/api/pawl/v1/attempts/1/logs/+w+a/follow", "")
	due := w.waits()
	w.lose(1, "+w+a") // a lost try is run again
	due <- time.Time{}
	l.want("id: 1-17\nevent: log\ndata: first, unfinished\n")
	l.want("id: 2-7\nevent: log\ndata: second\n")
	files := w.ask(200, "GET", "/api/logs/1/files", "")
	if !strings.Contains(files, `"agentId":"1-1"`) || !strings.Contains(files, `"agentId":"1-2"`) {
		t.Errorf("the logs are %s", files)
	}
}
