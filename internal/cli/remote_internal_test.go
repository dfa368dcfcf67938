package cli

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/cli/console"
)

// stepping is a clock on which every wait is over at once, after step.
type stepping struct {
	step  func()
	waits []time.Duration
}

func (s *stepping) Now() time.Time { return time.Unix(0, 0) }

func (s *stepping) After(d time.Duration) (<-chan time.Time, func()) {
	s.waits = append(s.waits, d)
	if s.step != nil {
		s.step()
	}
	due := make(chan time.Time, 1)
	due <- time.Time{}
	return due, func() {}
}

// runAt runs a command line in a world of its own, with a server.
func runAt(t *testing.T, server http.Handler, world console.IO, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	s := httptest.NewServer(server)
	defer s.Close()
	var out, errs bytes.Buffer
	world.Stdin, world.Stdout, world.Stderr, world.Dir = strings.NewReader(""), &out, &errs, t.TempDir()
	world.Env = append([]string{"PAWL_ENDPOINT=" + s.URL, "XDG_CONFIG_HOME=" + filepath.Join(world.Dir, "config")}, world.Env...)
	if world.Clock == nil {
		world.Clock = new(stepping)
	}
	code = Main(t.Context(), args, world)
	return code, out.String(), errs.String()
}

// logServer has one attempt whose logs grow.
type logServer struct {
	mu    sync.Mutex
	done  bool
	files map[string]string // by name, each named like its task
}

func (s *logServer) set(done bool, files ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = done
	if s.files == nil {
		s.files = make(map[string]string)
	}
	for i := 0; i < len(files); i += 2 {
		s.files[files[i]] = files[i+1]
	}
}

func (s *logServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rest, isLog := strings.CutPrefix(r.URL.Path, "/api/logs/1/files")
	switch {
	case !isLog:
		_, _ = fmt.Fprintf(w, `{"id":"1","done":%t,"sessionTime":"2026-01-30T00:00:00Z"}`, s.done)
	case rest == "":
		var list []string
		for name, text := range s.files {
			task, at, _ := strings.Cut(name, "@")
			list = append(list, fmt.Sprintf(`{"fileName":%q,"fileSize":%d,"taskName":%q,"fileTime":"2026-01-30T00:00:%sZ"}`, name, len(text), task, at))
		}
		_, _ = fmt.Fprintf(w, `{"files":[%s]}`, strings.Join(list, ","))
	default:
		text, ok := s.files[rest[1:]]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, text)
		if s.done {
			_ = z.Close()
		} else {
			_ = z.Flush() // a file that is written to has no end
		}
	}
}

func TestAFailedAttemptSaysWhy(t *testing.T) {
	t.Parallel()
	server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/tasks"):
			_, _ = io.WriteString(w, `{"tasks":[{"id":"1","fullName":"+w","state":"group_error","error":{}},`+
				`{"id":"2","fullName":"+w+a","state":"error","error":{"message":"no\nshop","hint":"build one"}},`+
				`{"id":"3","fullName":"+w+b","state":"success","error":{}}]}`)
		case strings.HasSuffix(r.URL.Path, "/files"):
			_, _ = io.WriteString(w, `{"files":[]}`)
		default:
			_, _ = io.WriteString(w, `{"id":"1","done":true,"status":"error","sessionTime":"2026-01-30T00:00:00Z"}`)
		}
	})
	const why = "+w+a: no shop (hint: build one)\n"
	if _, _, stderr := runAt(t, server, console.IO{}, "log", "1", "-f"); !strings.HasPrefix(stderr, "pawl: attempt 1 ended with the status error\npawl: "+why) {
		t.Errorf("log: %q", stderr)
	}
	if code, stdout, stderr := runAt(t, server, console.IO{}, "attempt", "1"); code != 0 || !strings.Contains(stdout, "  failed: "+why) {
		t.Errorf("attempt: exit code %d: %q %q", code, stdout, stderr)
	}
}

func TestLogsAreFollowedUntilTheAttemptIsDone(t *testing.T) {
	t.Parallel()
	s := new(logServer)
	s.set(false, "+a@01", "one\ntw")
	states := []func(){
		func() { s.set(false, "+a@01", "one\ntwo\n") },
		func() {},
		func() { s.set(false, "+b@02", "b\n", "+a@03", "again\nand no end") },
		func() { s.set(true, "+b@02", "b\nlast") },
	}
	clock := &stepping{}
	clock.step = func() { states[len(clock.waits)-1]() }
	code, stdout, stderr := runAt(t, s, console.IO{Clock: clock}, "log", "1", "-f")
	if code != 0 || stderr != "==> +b <==\n==> +a <==\n==> +b <==\npawl: attempt 1 ended with the status error\n" {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if diff := cmp.Diff("one\ntwo\nagain\nb\nand no end\nlast\n", stdout); diff != "" {
		t.Error(diff)
	}
	const first = 500 * time.Millisecond
	want := []time.Duration{first, first, 2 * first, first}
	if diff := cmp.Diff(want, clock.waits[:4]); diff != "" {
		t.Error(diff)
	}
}

func TestALogIsShownTaskByTask(t *testing.T) {
	t.Parallel()
	s := new(logServer)
	s.set(true, "+b@01", "b1\n", "+a@02", "a2\n", "+b@03", "b3\n", "+0@02", "0\n")
	_, stdout, _ := runAt(t, s, console.IO{}, "log", "1")
	if stdout != "b1\nb3\n0\na2\n" {
		t.Errorf("got %q", stdout)
	}
}

// Standard output has what tasks print, and nothing else.
func TestLinesOfSeveralTasksAreHeaded(t *testing.T) {
	t.Parallel()
	s := new(logServer)
	s.set(true, "+b@01", "b1\n", "+a@02", "a2\n", "+b@03", "b3\n", "+0@02", "0\n", "+silent@04", "")
	_, stdout, stderr := runAt(t, s, console.IO{}, "log", "1")
	if stdout != "b1\nb3\n0\na2\n" || stderr != "==> +b <==\n==> +0 <==\n==> +a <==\n" {
		t.Errorf("got %q with %q", stdout, stderr)
	}
	one := new(logServer)
	one.set(true, "+b@01", "b1\n", "+b@03", "b3\n")
	if _, _, stderr := runAt(t, one, console.IO{}, "log", "1"); strings.Contains(stderr, "==>") {
		t.Errorf("one task has %q", stderr)
	}
}

func TestWhoAsksIsToldToTheServer(t *testing.T) {
	t.Parallel()
	const basic = "Basic dTpwOnE=" // u:p:q
	for _, c := range []struct {
		config string
		env    []string
		args   []string
		want   string
	}{
		{},
		{config: "client.http.token = a\n", want: "Bearer a"},
		{config: "client.http.token = a\n", env: []string{"PAWL_TOKEN=b"}, want: "Bearer b"},
		{config: "client.http.headers.authorization = c\n", env: []string{"PAWL_TOKEN=b"}, want: "c"},
		{config: "client.http.headers.authorization = c\n", args: []string{"--basic-auth", "u:p:q"}, want: basic},
		{args: []string{"--basic-auth", "u:p:q", "-H", "Authorization=d=e"}, want: "d=e"},
		{args: []string{"-X", "client.http.token=x"}, want: "Bearer x"},
	} {
		path := filepath.Join(t.TempDir(), "config")
		if err := os.WriteFile(path, []byte(c.config), 0o600); err != nil {
			t.Fatal(err)
		}
		var got, agent string
		code, _, stderr := runAt(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got, agent = r.Header.Get("Authorization"), r.UserAgent()
			_, _ = io.WriteString(w, `{"projects":[]}`)
		}), console.IO{Env: c.env}, append([]string{"projects", "-c", path}, c.args...)...)
		if code != 0 || got != c.want || agent != "pawl/dev" {
			t.Errorf("%+v: exit code %d, %q from %q\n%s", c, code, got, agent, stderr)
		}
	}
	for _, args := range [][]string{{"--basic-auth", "nobody"}, {"-H", "novalue"}, {"-H", "=x"}, {"-H", "a b=x"}, {"-H", "a=x\ny"}} {
		if code, _, _ := runAt(t, http.NotFoundHandler(), console.IO{}, append([]string{"projects"}, args...)...); code != console.ExitUsage {
			t.Errorf("%q: exit code %d", args, code)
		}
	}
}

func TestExitCodesFollowFromTheAnswer(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]int{400: 2, 401: 4, 403: 4, 404: 3, 409: 5, 422: 2, 500: 7, 503: 6} {
		answers := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		code, _, stderr := runAt(t, answers, console.IO{}, "attempt", "1")
		if code != want {
			t.Errorf("%d: exit code %d, want %d", status, code, want)
		}
		if status == 401 && !strings.Contains(stderr, "pawl: hint: give --basic-auth USER:PASSWORD, or a token in PAWL_TOKEN") {
			t.Errorf("got %s", stderr)
		}
	}
}

func TestAServerThatLacksItsDatabaseIsNotLookedForElsewhere(t *testing.T) {
	t.Parallel()
	down := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, `{"message":"the server can't reach its database","status":503}`)
	})
	code, _, stderr := runAt(t, down, console.IO{Clock: &stepping{step: func() {}}}, "attempts")
	if code != console.ExitUnreachable || !strings.Contains(stderr, "can't reach its database") || strings.Contains(stderr, "does the server run") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}
