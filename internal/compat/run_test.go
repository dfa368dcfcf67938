package compat_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/resume"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/workflow"
)

// command is one run of a workflow, in the words of `pawl run`.
type command struct {
	workflow         string
	session          string
	start, goal, end string
	rerun            bool
	params           pairs
	secrets          pairs
	settings         pairs
}

// pairs are KEY=VALUE arguments of a flag that may be repeated.
type pairs []string

func (p *pairs) String() string     { return strings.Join(*p, " ") }
func (p *pairs) Set(s string) error { *p = append(*p, s); return nil }

func (p *pairs) mapping() map[string]string {
	m := make(map[string]string)
	for _, pair := range *p {
		key, value, _ := strings.Cut(pair, "=")
		m[key] = value
	}
	return m
}

func parseCommand(words []string) (*command, error) {
	c := &command{}
	f := flag.NewFlagSet("run", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&c.session, "session", "2016-01-30", "")
	f.StringVar(&c.start, "start", "", "")
	f.StringVar(&c.goal, "goal", "", "")
	f.StringVar(&c.end, "end", "", "")
	f.BoolVar(&c.rerun, "rerun", false, "")
	f.Var(&c.params, "p", "")
	f.Var(&c.secrets, "secret", "")
	f.Var(&c.settings, "X", "")
	if err := f.Parse(words); err != nil {
		return nil, err
	}
	c.workflow = f.Arg(0)
	return c, nil
}

// project is a folder with workflows and with what earlier runs finished.
type project struct{ dir, state string }

func newProject(t *testing.T, files map[string]string) project {
	t.Helper()
	p := project{dir: t.TempDir(), state: t.TempDir()}
	for name, text := range files {
		p.write(t, name, text)
	}
	return p
}

func (p project) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(p.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// load reads the project's workflows.
func (p project) load() error {
	_, err := dig.LoadProject(os.DirFS(p.dir), "")
	return err
}

// run runs a workflow in a new instance, as a new process would, and returns
// what it did.
func (p project) run(t *testing.T, c *command) string {
	t.Helper()
	loaded, err := dig.LoadProject(os.DirFS(p.dir), "")
	if err != nil {
		return fmt.Sprintf("refused: %v\n", err)
	}
	r, err := p.request(loaded, c)
	if err != nil {
		return fmt.Sprintf("refused: %v\n", err)
	}
	logs := t.TempDir()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	in, err := instance.Open(ctx, instance.Config{
		Project: p.dir, Workflows: loaded.Workflows,
		Status: filepath.Join(p.state, "status"), Logs: logs,
		Slots: 4, Env: []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"},
		Secrets: secret.Map(c.secrets.mapping()), Settings: c.settings.mapping(),
		Clock: clock.System{}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	b, err := in.Begin(ctx, r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := in.Wait(ctx, b.Attempt.ID); err != nil {
		t.Fatal(err)
	}
	a, err := in.Look(ctx, b.Attempt.ID)
	if err != nil {
		t.Fatal(err)
	}
	text := show(t, in, a)
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(text, p.dir, "PROJECT")
}

func (p project) request(loaded *dig.Project, c *command) (instance.Request, error) {
	var r instance.Request
	for _, w := range loaded.Workflows {
		if w.Name == c.workflow || c.workflow == "" {
			r.Workflow = w
			break
		}
	}
	if r.Workflow == nil {
		return r, fmt.Errorf("no workflow %q", c.workflow)
	}
	var err error
	if r.Calendar, err = instance.CalendarOf(r.Workflow); err != nil {
		return r, err
	}
	if r.Session, err = r.Calendar.Session(c.session, time.Time{}, r.Workflow.Root.Name, resume.Status{}); err != nil {
		return r, err
	}
	for _, pair := range c.params {
		key, value, _ := strings.Cut(pair, "=")
		r.Params = r.Params.SetAt(value, params.SplitPath(key)...)
	}
	r.Selection.Rerun = c.rerun
	for _, given := range []struct {
		pattern string
		to      **workflow.Path
	}{{c.start, &r.Selection.Start}, {c.goal, &r.Selection.Goal}, {c.end, &r.Selection.End}} {
		if given.pattern == "" {
			continue
		}
		path, err := r.Workflow.Root.Find(given.pattern)
		if err != nil {
			return r, err
		}
		*given.to = &path
	}
	return r, nil
}
