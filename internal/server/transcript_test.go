package server_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/conductor"
	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/server"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

var rewrite = flag.Bool("rewrite", false, "write down what the server answers")

// TestTranscripts plays the files of testdata: lines are commands, and what is
// indented below one is the answer. A folder in the same file is a project.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	must(t, err)
	if len(files) == 0 {
		t.Fatal("there are no transcripts")
	}
	for _, file := range files {
		for name, open := range stores {
			if *rewrite && name != "memory" {
				continue
			}
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txt")+"/"+name, func(t *testing.T) {
				t.Parallel()
				play(t, file, open)
			})
		}
	}
}

func play(t *testing.T, file string, open func(testing.TB) store.Store) {
	parsed, err := txtar.ParseFile(file)
	must(t, err)
	p := &player{world: newWorld(t, open, queueing(t, file)), files: parsed.Files, user: "ann", headers: http.Header{}}
	p.api = p.description()
	var got strings.Builder
	for line := range strings.Lines(string(parsed.Comment)) {
		if strings.HasPrefix(line, "\t") {
			continue
		}
		got.WriteString(line)
		for out := range strings.Lines(p.play(strings.TrimSpace(line))) {
			got.WriteString("\t" + strings.TrimSuffix(out, "\n") + "\n")
		}
	}
	if *rewrite {
		parsed.Comment = []byte(got.String())
		must(t, os.WriteFile(file, txtar.Format(parsed), 0o644))
		return
	}
	if diff := cmp.Diff(string(parsed.Comment), got.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// queueing has the server of a transcript of that name queue what is started.
func queueing(t testing.TB, file string) func(*server.Config, *service.Config) {
	if filepath.Base(file) != "queue.txt" {
		return nil
	}
	return func(_ *server.Config, of *service.Config) {
		of.Turns, of.Admission, of.Limits.Attempts = conductor.Turns{Queue: true}, queueLimits(t), 1
	}
}

func queueLimits(t testing.TB) *admission.Limits {
	l, err := admission.NewLimits([]admission.Limit{
		{Name: "max-runs", Max: 3}, {Name: "users", Tag: "user", PerValue: true, Max: 1}, {Name: "calls", Tag: "api", Rate: 1, Per: time.Minute},
	})
	must(t, err)
	return l
}

// player carries out the commands of a transcript.
type player struct {
	*world
	api     *description
	files   []txtar.File
	user    string
	headers http.Header
}

func (p *player) play(line string) string {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "", "#":
	case "as":
		p.user = rest
	case "with":
		name, value, _ := strings.Cut(rest, ": ")
		p.headers.Add(name, value)
	case "advance":
		d, err := time.ParseDuration(rest)
		must(p, err)
		p.clock.advance(d)
	case "expire":
		_, err := p.store.ExpireLetters(p.Context(), model.InstantOf(p.clock.Now()), 10)
		must(p, err)
	case "push":
		return p.pushFolder(strings.Fields(rest))
	case "begin", "apply", "succeed", "fail", "await", "send", "print":
		p.drive(word, strings.SplitN(rest, " ", 3))
	case "fire":
		p.fire()
	case "admit":
		limits := queueLimits(p)
		ids, err := p.store.Admit(p.Context(), limits.Tags(), model.InstantOf(p.clock.Now()), store.Choose(limits, model.InstantOf(p.clock.Now())))
		must(p, err)
		return fmt.Sprintln(ids)
	case "audit":
		return p.auditLog()
	default:
		path, body, _ := strings.Cut(rest, " ")
		return p.send(request(word, path, body))
	}
	return ""
}

// fire does what a scheduler does with all that is due.
func (p *player) fire() {
	of := conductor.NewScheduler(conductor.SchedulerConfig{
		Store: p.store, Clock: p.clock, NewUUID: func() string { return "00000000-0000-4000-9000-000000000001" },
	})
	for next := model.Instant(0); next <= model.InstantOf(p.clock.Now()); {
		var err error
		next, err = of.Step(p.Context())
		must(p, err)
	}
}

// pushFolder pushes a folder of the transcript: NAME REVISION FOLDER [QUERY].
func (p *player) pushFolder(args []string) string {
	var files []string
	for _, f := range p.files {
		if name, ok := strings.CutPrefix(f.Name, args[2]+"/"); ok {
			files = append(files, name, string(f.Data))
		}
	}
	query := url.Values{"project": {args[0]}, "revision": {args[1]}}.Encode()
	for _, more := range args[3:] {
		query += "&" + more
	}
	return p.send(pushRequest(query, archive(p, files...)))
}

// drive does what a conductor does: ATTEMPT [TASK [WHAT]].
func (p *player) drive(what string, args []string) {
	args = append(args, "", "")
	n, err := strconv.ParseInt(args[0], 10, 64)
	must(p, err)
	id, task := model.AttemptID(n), args[1]
	switch what {
	case "begin":
		p.world.begin(id)
	case "apply":
		p.world.apply(id)
	case "succeed":
		var stored params.Map
		if args[2] != "" {
			must(p, stored.UnmarshalJSON([]byte(args[2])))
		}
		p.world.succeed(id, task, stored)
	case "fail":
		p.world.fail(id, task, args[2])
	case "send":
		topic, value, _ := strings.Cut(args[2], " ")
		body, err := params.ParseJSON([]byte(value))
		must(p, err)
		p.world.send(id, task, engine.Record{Topic: topic, Key: "k", Value: body, Headers: params.Of("h", "x")})
	case "await":
		p.world.await(id, task, strings.Fields(args[2]))
	case "print":
		p.world.print(id, task, 1, args[2]+"\n")
	}
}

func (p *player) auditLog() string {
	var b strings.Builder
	for _, e := range p.world.audit() {
		fmt.Fprintf(&b, "%s %s project=%q target=%q %s\n", e.Principal, e.Action, e.Project, e.Target, e.Outcome)
	}
	return b.String()
}

// shown are the headers that transcripts have.
var shown = []string{"Allow", "Location", "WWW-Authenticate", "Content-Encoding"}

func (p *player) send(r *http.Request) string {
	if p.user != "" {
		r.SetBasicAuth(p.user, p.user)
	} else {
		r.Header.Set("Authorization", "Basic wrong")
	}
	for name, values := range p.headers {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	p.headers = http.Header{}
	rec := p.do(r)
	kind := rec.Header().Get("Content-Type")
	if err := p.api.check(r.Method, r.URL.EscapedPath(), rec.Code, kind, rec.Body.Bytes()); err != nil && rec.Header().Get("Content-Encoding") == "" && r.Method != http.MethodHead {
		p.Errorf("%s %s is not as the description says: %v", r.Method, r.URL, err)
	}
	out := fmt.Sprintf("%d %s\n", rec.Code, kind)
	for _, name := range shown {
		if v := rec.Header().Get(name); v != "" {
			out += name + ": " + v + "\n"
		}
	}
	if rec.Body.Len() == 0 {
		return out
	}
	return out + p.body(rec) + "\n"
}

// body returns the body in readable form.
func (p *player) body(rec *httptest.ResponseRecorder) string {
	zipped := rec.Header().Get("Content-Type") == "application/gzip"
	if !zipped && rec.Header().Get("Content-Encoding") == "" {
		return rec.Body.String()
	}
	z, err := gzip.NewReader(rec.Body)
	must(p, err)
	text, err := io.ReadAll(z)
	must(p, err)
	if !zipped || !bytes.Contains(text, []byte("ustar")) {
		return strings.TrimSuffix(string(text), "\n")
	}
	var names []string
	for entries := tar.NewReader(bytes.NewReader(text)); ; {
		h, err := entries.Next()
		if err == io.EOF {
			return strings.Join(names, " ")
		}
		must(p, err)
		names = append(names, h.Name)
	}
}
