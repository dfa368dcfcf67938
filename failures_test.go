package pawl_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/pawltest"
)

func TestRetryAfterSaysWhenAndHowOften(t *testing.T) {
	tries := 0
	b := define(t, pawl.Execute("x", func(context.Context, *note) error {
		tries++
		return pawl.RetryAfter(errors.New("busy"), time.Minute, 2)
	}).Retry(9, time.Hour))
	r := b.start(note{ID: "a"})
	for want := 1; want <= 3; want++ {
		if tries != want {
			t.Fatalf("there were %d tries, want %d", tries, want)
		}
		b.Advance(time.Minute)
	}
	b.is(r, "error")
	why := errors.New("why")
	if pawl.RetryAfter(nil, 0, 1) != nil || !errors.Is(pawl.RetryAfter(why, 0, 1), why) {
		t.Error("RetryAfter hides what it is made of")
	}
}

func TestFailuresSayWhatAndWhere(t *testing.T) {
	for name, c := range map[string]struct {
		do   func() error
		want []string
	}{
		"a label": {
			func() error { return pawl.FailWith("out_of_stock", "no more of 17", map[string]int{"item": 17}) },
			[]string{`"message":"out_of_stock: no more of 17"`, `"label":"out_of_stock"`, `"description":"no more of 17"`, `"metadata":{"item":17}`},
		},
		"a label that is final": {
			func() error { return pawl.Permanent(pawl.FailWith("gone", "", nil)) },
			[]string{`"message":"gone"`, `"label":"gone"`},
		},
		"metadata that is none": {
			func() error { return pawl.FailWith("odd", "", func() {}) },
			[]string{`the metadata of failure \"odd\" can't be written as JSON`},
		},
		"a class and a cause": {
			func() error {
				return fmt.Errorf("read: %w", &fs.PathError{Op: "open", Path: "x", Err: errors.New("gone")})
			},
			[]string{`"message":"read: open x: gone"`, `"class":"*fs.PathError"`, `"cause":{"class":"error","message":"gone"}`},
		},
		"a panic": {
			func() error { panic(errors.New("oh")) },
			[]string{`"message":"panic: oh"`, `"class":"panic"`, `failures_test.go`, `"cause":{"class":"error","message":"oh"}`},
		},
		"much that is no text": {
			func() error { return errors.New(strings.Repeat("x\xff", 1<<20)) },
			[]string{`"message":"x` + "\uFFFD" + `x`, `bytes more)"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := define(t, pawl.Execute("x", func(context.Context, *note) error { return c.do() }))
			r := b.start(note{ID: "a"})
			b.is(r, "error")
			text := failure(t, r)
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("got %.500s, want %s", text, want)
				}
			}
			if len(text) > 200_000 {
				t.Errorf("it has %d bytes", len(text))
			}
		})
	}
}

// failure returns what the history says of why a run of one step has failed.
func failure(t *testing.T, r *pawl.Run[note]) string {
	t.Helper()
	events, err := r.History(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range events {
		if events[i].What == "task_ended" && events[i].Step == "x" {
			return string(events[i].Data)
		}
	}
	t.Fatalf("nothing ended: %v", events)
	return ""
}

// A function that ends its goroutine ends nothing else.
func TestGoexitIsAFailure(t *testing.T) {
	p, err := pawl.Define("exits", "1", pawl.Execute("x", func(context.Context, *note) error {
		runtime.Goexit()
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	e := open(t, quiet(filepath.Join(t.TempDir(), "pawl.db")), p)
	defer closed(t, e)
	r, err := p.Start(t.Context(), e, "a", note{ID: "a"})
	if err != nil {
		t.Fatal(err)
	}
	var failed *pawl.FailedError
	if err := r.Wait(t.Context()); !errors.As(err, &failed) || !strings.Contains(failed.Reason, "runtime.Goexit") {
		t.Errorf("got %v", err)
	}
}

// crashes is inlined into the program, as processes of users are.
var crashes = pawl.Must(pawl.Define("notes", "1", pawl.Execute("x", func(context.Context, *note) error {
	panic("oh")
})))

// A traceback has the calls of users alone, whatever the compiler makes of what is
// generic.
func TestATracebackHasTheCallsOfUsersAlone(t *testing.T) {
	t.Parallel()
	e := pawltest.New(t, crashes)
	r, err := crashes.Start(t.Context(), e.Engine, "a", note{ID: "a"})
	if err != nil {
		t.Fatal(err)
	}
	text := failure(t, r)
	if !strings.Contains(text, "failures_test.go:") || strings.Contains(text, "step.go") || strings.Contains(text, "function.go") || strings.Contains(text, "fault") {
		t.Errorf("got %s", text)
	}
}
