package pawl_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/pawltest"
)

// heard returns a reporter that adds what it is told to a list.
func heard(list *[]string, fails func(pawl.Happening) error) pawl.Reporter {
	return pawl.ReporterFunc(func(_ context.Context, events []pawl.Happening) error {
		for _, e := range events {
			if fails != nil {
				if err := fails(e); err != nil {
					return err
				}
			}
			*list = append(*list, strings.TrimSpace(fmt.Sprint(e.Run, " ", e.Type, " ", e.Step)))
		}
		return nil
	})
}

func TestReportersAreToldOfRuns(t *testing.T) {
	t.Parallel()
	p, err := pawl.Define("notes", "1", pawl.Execute("a", func(_ context.Context, n *note) error {
		if n.ID == "bad" {
			return pawl.Permanent(errors.New("no"))
		}
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	var all, failures, deaf, team []string
	tries := 0
	e := pawltest.NewWith(t, pawl.Config{Reporters: map[string]pawl.ReporterConfig{
		"all":      {Reporter: heard(&all, nil), Types: []string{"attempt", "task.succeeded"}},
		"failures": {Reporter: heard(&failures, nil), Types: []string{"task.failed"}, Processes: []string{"notes"}},
		"team":     {Reporter: heard(&team, nil), Types: []string{"attempt.started"}, Tags: pawl.Tags{"team": "a"}},
		"deaf": {Reporter: heard(&deaf, func(e pawl.Happening) error {
			if e.Run == "bad" {
				tries++
				panic("no")
			}
			return nil
		}), Types: []string{"attempt.started"}, Retries: 2},
	}}, p)
	for _, id := range []string{"a", "bad"} {
		if _, err := p.Start(t.Context(), e.Engine, id, note{ID: id}, pawl.Tags{"team": id}); err != nil {
			t.Fatal(err)
		}
	}
	same(t, []string{"a attempt.started", "a task.succeeded a", "a task.succeeded", "a attempt.succeeded", "bad attempt.started", "bad attempt.failed"}, all)
	same(t, []string{"bad task.failed a", "bad task.failed"}, failures)
	same(t, []string{"a attempt.started"}, team)
	same(t, []string{"a attempt.started"}, deaf)
	if tries != 3 {
		t.Errorf("it was tried %d times", tries)
	}
}

func TestAReporterThatHeedsNoContextIsLeftAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, err := pawl.Define("notes", "1", say("x"))
		if err != nil {
			t.Fatal(err)
		}
		told, freed := make(chan struct{}), make(chan struct{})
		deaf := pawl.ReporterFunc(func(context.Context, []pawl.Happening) error {
			close(told)
			<-freed
			return nil
		})
		e, err := pawl.Open(t.Context(), pawl.Config{Project: "p", Reporters: map[string]pawl.ReporterConfig{"deaf": {Reporter: deaf}}}, p)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // it begins with what happens once it is there
		if _, err := p.Start(t.Context(), e, "a", note{ID: "a"}); err != nil {
			t.Fatal(err)
		}
		<-told
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		close(freed)
	})
}

func TestReportersGoOnAfterARestart(t *testing.T) {
	t.Parallel()
	p, err := pawl.Define("notes", "1", say("x"))
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan pawl.Happening, 100)
	cfg := pawl.Config{Project: "p", Database: filepath.Join(t.TempDir(), "db")}
	open := func(listens bool) *pawl.Engine {
		c := cfg
		if listens {
			c.Reporters = map[string]pawl.ReporterConfig{"r": {Types: []string{"attempt.started"}, Reporter: pawl.ReporterFunc(func(_ context.Context, events []pawl.Happening) error {
				for _, e := range events {
					told <- e
				}
				return nil
			})}}
		}
		e, err := pawl.Open(t.Context(), c, p)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	start := func(e *pawl.Engine, id string) {
		if _, err := p.Start(t.Context(), e, id, note{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	await := func() string {
		select {
		case e := <-told:
			return e.Run
		case <-time.After(time.Minute):
			t.Fatal("the reporter is not told")
			return ""
		}
	}
	e := open(true)
	first := ""
	for i := 0; first == ""; i++ { // it begins with what happens once it is there
		start(e, fmt.Sprint("a", i))
		select {
		case of := <-told:
			first = of.Run
		case <-time.After(10 * time.Millisecond):
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e = open(false)
	start(e, "b")
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e = open(true)
	start(e, "c")
	var runs []string
	for !slices.Contains(runs, "c") {
		runs = append(runs, await())
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if rest := slices.DeleteFunc(runs, func(run string) bool { return strings.HasPrefix(run, "a") }); !slices.Equal(rest, []string{"b", "c"}) {
		t.Errorf("after the restart it was told of %v", rest)
	}
}

func TestReportersThatCantBeToldAreRefused(t *testing.T) {
	t.Parallel()
	r := heard(new([]string), nil)
	for name, c := range map[string]pawl.ReporterConfig{
		"none": {}, "typo": {Reporter: r, Types: []string{"task.faild"}}, "tags": {Reporter: r, Tags: pawl.Tags{"pawl/x": ""}}, "a/b": {Reporter: r}, "process": {Reporter: r, Processes: []string{"ordr"}},
	} {
		e, err := pawl.Open(t.Context(), pawl.Config{Project: "p", Reporters: map[string]pawl.ReporterConfig{name: c}})
		if err == nil {
			_ = e.Close()
			t.Errorf("%s is no error", name)
		}
	}
}
