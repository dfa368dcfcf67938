package server_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
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
	ctx, cancel := context.WithTimeout(w.Context(), 20*time.Second)
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

// wake lets the stream look again once it waits.
func (w *world) wake() { (<-w.clock.waiting) <- time.Time{} }

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
	due := <-w.clock.waiting // it has seen that there is nothing
	w.begin(1)
	due <- time.Time{}
	l.want("id: 1\nevent: attempt_started\n")
	l.want("id: 2\n")
	l.want("id: 3\nevent: task_started\n", `"fullName":"+w+a"`)
	w.wake() // nothing new is no event
	due = <-w.clock.waiting
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
	due := <-w.clock.waiting
	w.clock.advance(20 * time.Second)
	due <- time.Time{}
	l.want(": nothing new")
}

func TestAStreamEndsWithTheServerAndWithTheClient(t *testing.T) {
	t.Parallel()
	w := started(t)
	l := w.listen("/api/pawl/v1/attempts/1/events", "")
	<-w.clock.waiting
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
	<-w.clock.waiting
	l.close() // the test ends only if the handler does
}

func TestALogIsFollowedThroughTriesUntilItsTaskIsDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, openMemory, nil)
	w.push("p", "1", "w.dig", "+a:\n  echo>: 1\n  _retry: 1\n")
	w.start("2026-03-01T00:00:00Z")
	w.begin(1)
	o := &logs.Output{Dir: w.logs, ID: model.TryID{Attempt: 1, Task: 1, Try: 1}, Task: "+w+a"}
	t.Cleanup(func() { must(t, o.Close()) })
	say := func(text string) {
		_, err := o.Write([]byte(text))
		must(t, err)
	}
	l := w.listen("/api/pawl/v1/attempts/1/logs/+w+a/follow", "")
	due := <-w.clock.waiting
	say("one\ntwo\nthr")
	due <- time.Time{}
	l.want("id: 1-8\nevent: log\ndata: one\ndata: two\n")
	due = <-w.clock.waiting
	say("ee\r\n10%\r20%\n\xff\n")
	due <- time.Time{}
	l.want("id: 1-25\nevent: log\ndata: three\ndata: 10%\ndata: 20%\ndata: \uFFFD\n")
	due = <-w.clock.waiting
	say("unfinished")
	w.succeed(1, "+w+a", noParams)
	due <- time.Time{}
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

func TestALogOfALaterTryFollows(t *testing.T) {
	t.Parallel()
	w := started(t)
	w.begin(1)
	w.print(1, "+w+a", 1, "first, unfinished")
	w.print(1, "+w+a", 2, "second\n")
	l := w.listen("/api/pawl/v1/attempts/1/logs/+w+a/follow", "")
	due := <-w.clock.waiting
	w.lose(1, "+w+a") // a lost try is run again
	due <- time.Time{}
	l.want("id: 1-17\nevent: log\ndata: first, unfinished\n")
	l.want("id: 2-7\nevent: log\ndata: second\n")
	files := w.ask(200, "GET", "/api/logs/1/files", "")
	if !strings.Contains(files, `"agentId":"1-1"`) || !strings.Contains(files, `"agentId":"1-2"`) {
		t.Errorf("the logs are %s", files)
	}
}
