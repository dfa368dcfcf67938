// Package secrettest is the suite that every implementation of secret.Records
// passes, and records in memory for tests. It knows no store.
package secrettest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/operator"
)

// Projects are the projects that the suite keeps secrets of. Where records
// refer to projects, open has to make these.
var Projects = []model.ProjectID{1, 2}

// Run checks records against the contract. open returns empty ones and closes
// them when its test ends.
func Run(t *testing.T, open func(t *testing.T) secret.Records) {
	for name, test := range map[string]func(*fixture){
		"a record is kept and replaced":                records,
		"places do not touch each other":               places,
		"keys are listed by project and scope, sorted": keys,
		"a deleted record is gone":                     deleted,
		"records are read in order, page by page":      pages,
		"a swap needs the old text":                    swaps,
		"of swaps at the same time one wins":           race,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(&fixture{T: t, Records: open(t)})
		})
	}
}

// fixture is records whose errors end the test.
type fixture struct {
	*testing.T
	secret.Records
}

func place(project int, scope secret.Scope, key string) secret.Place {
	return secret.Place{Project: Projects[project], Scope: scope, Key: key}
}

func (f *fixture) put(p secret.Place, text string) {
	f.Helper()
	if err := f.PutSecret(f.Context(), secret.Record{Place: p, Text: text}); err != nil {
		f.Fatalf("put %v: %v", p, err)
	}
}

func (f *fixture) wantText(p secret.Place, want string) {
	f.Helper()
	if got, err := f.Secret(f.Context(), p); got != want || err != nil {
		f.Errorf("%v: got %q, %v, want %q", p, got, err, want)
	}
}

func (f *fixture) wantNone(p secret.Place) {
	f.Helper()
	if got, err := f.Secret(f.Context(), p); !errors.Is(err, operator.ErrNoSecret) {
		f.Errorf("%v: got %q, %v, want no secret", p, got, err)
	}
}

func (f *fixture) wantKeys(project int, scope secret.Scope, want ...string) {
	f.Helper()
	got, err := f.SecretKeys(f.Context(), Projects[project], scope)
	if !slices.Equal(got, want) || err != nil {
		f.Errorf("keys: got %q, %v, want %q", got, err, want)
	}
}

func records(f *fixture) {
	p := place(0, secret.OfProject, "aws.key")
	f.wantNone(p)
	f.put(p, "old")
	f.put(p, "a new text, é\n")
	f.wantText(p, "a new text, é\n")
	f.wantKeys(0, secret.OfProject, "aws.key")
}

func places(f *fixture) {
	all := []secret.Place{
		place(0, secret.OfProject, "a"), place(0, secret.ProjectDefault, "a"),
		place(1, secret.OfProject, "a"), place(0, secret.OfProject, "A"), place(0, secret.OfProject, "a.a"),
	}
	for i, p := range all {
		f.put(p, fmt.Sprint(i))
	}
	for i, p := range all {
		f.wantText(p, fmt.Sprint(i))
	}
	if err := f.DeleteSecret(f.Context(), all[0]); err != nil {
		f.Fatal(err)
	}
	for i, p := range all[1:] {
		f.wantText(p, fmt.Sprint(i+1))
	}
}

func keys(f *fixture) {
	f.wantKeys(0, secret.OfProject)
	for _, key := range []string{"b", "a.b", "a-b", "B"} {
		f.put(place(0, secret.OfProject, key), "x")
	}
	f.put(place(0, secret.ProjectDefault, "c"), "x")
	f.wantKeys(0, secret.OfProject, "B", "a-b", "a.b", "b")
	f.wantKeys(0, secret.ProjectDefault, "c")
	f.wantKeys(1, secret.OfProject)
}

func deleted(f *fixture) {
	p := place(0, secret.OfProject, "a")
	f.put(p, "x")
	for range 2 { // the second time there is nothing to delete
		if err := f.DeleteSecret(f.Context(), p); err != nil {
			f.Fatal(err)
		}
		f.wantNone(p)
	}
	f.wantKeys(0, secret.OfProject)
}

func pages(f *fixture) {
	want := []secret.Record{
		{Place: place(0, secret.OfProject, "A"), Text: "1"},
		{Place: place(0, secret.OfProject, "a"), Text: "2"},
		{Place: place(0, secret.ProjectDefault, "A"), Text: "3"},
		{Place: place(1, secret.OfProject, "a"), Text: "4"},
		{Place: place(1, secret.ProjectDefault, "a"), Text: "5"},
	}
	for _, i := range []int{3, 1, 4, 0, 2} {
		f.put(want[i].Place, want[i].Text)
	}
	for limit := 1; limit <= len(want)+1; limit++ {
		var got []secret.Record
		for after := (secret.Place{}); ; {
			page, err := f.SecretsAfter(f.Context(), after, limit)
			if err != nil || len(page) > limit {
				f.Fatalf("after %v: %d records, %v, want at most %d", after, len(page), err, limit)
			}
			if len(page) == 0 {
				break
			}
			got, after = append(got, page...), page[len(page)-1].Place
		}
		if diff := cmp.Diff(want, got); diff != "" {
			f.Errorf("pages of %d: %s", limit, diff)
		}
	}
}

func swaps(f *fixture) {
	p := place(0, secret.OfProject, "a")
	for _, step := range []struct {
		old, text string
		want      bool
	}{{"", "x", false}, {"1", "2", true}, {"1", "3", false}, {"2", "2", true}} {
		if step.old == "1" && step.want {
			f.wantNone(p)
			f.put(p, "1")
		}
		got, err := f.SwapSecret(f.Context(), secret.Record{Place: p, Text: step.text}, step.old)
		if got != step.want || err != nil {
			f.Errorf("swap %q for %q: %v, %v", step.old, step.text, got, err)
		}
	}
	f.wantText(p, "2")
}

func race(f *fixture) {
	p := place(0, secret.OfProject, "a")
	f.put(p, "old")
	var won atomic.Int32
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			swapped, err := f.SwapSecret(f.Context(), secret.Record{Place: p, Text: fmt.Sprint(i)}, "old")
			if err != nil {
				f.Error(err)
			}
			if swapped {
				won.Add(1)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		f.Errorf("%d swaps won", won.Load())
	}
}
