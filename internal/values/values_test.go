package values_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/blob/file"
	"github.com/pawlhq/pawl/internal/blob/memory"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/values"
	"github.com/pawlhq/pawl/operator"
)

// outputs returns what keeps outputs in a store.
func outputs(of blob.Store) *values.Outputs {
	return values.NewOutputs(func() (*values.Manager, error) { return &values.Manager{Blobs: of, Prefix: "here/"}, nil })
}

// keep keeps a text as an output and returns what stands for it.
func keep(t *testing.T, o *values.Outputs, attempt model.AttemptID, text string) params.Map {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	task := &operator.Task{ID: operator.TryID{Attempt: attempt, Task: 2, Try: 1}, Session: "s", Name: "+w+a"}
	v, err := o.Of(3).Keep(t.Context(), task, operator.Kept{Name: "x", Form: "text", File: path})
	if err != nil {
		t.Fatal(err)
	}
	return v.(params.Map)
}

// signing is a store whose objects have URLs.
type signing struct{ blob.Store }

func (signing) SignGet(_ context.Context, key string, _ time.Duration) (string, error) {
	return "https://b/" + key, nil
}

func TestOutputsAreFoundWhereTheyAre(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	files, err := file.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	for name, of := range map[string]blob.Store{"file": files, "memory": memory.New(time.Now), "signed": signing{memory.New(time.Now)}} {
		o := outputs(of)
		ref := keep(t, o, 1, "text")
		prefix := filepath.Join(t.TempDir(), "copy-")
		place, err := o.Of(3).Find(t.Context(), ref, prefix)
		if err != nil {
			t.Fatal(err)
		}
		switch name {
		case "signed":
			if place.URL != "https://b/here/1/p3/s/2.1/o-x" {
				t.Errorf("%s: %+v", name, place)
			}
			continue
		case "file":
			if !strings.HasPrefix(place.Path, folder) {
				t.Errorf("%s: the file was copied to %s", name, place.Path)
			}
		case "memory":
			if !strings.HasPrefix(place.Path, prefix) {
				t.Errorf("%s: the copy is %s", name, place.Path)
			}
		}
		if text, err := os.ReadFile(place.Path); err != nil || string(text) != "text" {
			t.Errorf("%s: %q, %v", name, text, err)
		}
		if err := o.Remove(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		if _, err := o.Of(3).Find(t.Context(), ref, prefix); model.CodeOf(err) != model.NotFound {
			t.Errorf("%s: it is removed, and looking for it says %v", name, err)
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Databases that keep their outputs in one place have attempts with the same numbers:
// what one deletes, others keep. What was kept before there were homes is found.
func TestOutputsOfDatabasesAreApart(t *testing.T) {
	t.Parallel()
	of := memory.New(time.Now)
	at := func(h values.Home) *values.Outputs {
		o := outputs(of)
		o.Home = func(context.Context) (values.Home, error) { return h, nil }
		return o
	}
	former := at(values.Home{})
	one, two := at(values.Home{Name: "db-1", Former: 4}), at(values.Home{Name: "db-2"})
	refs := map[string]params.Map{"old": keep(t, former, 4, "old"), "one": keep(t, one, 5, "one"), "two": keep(t, two, 5, "two")}
	has := func(o *values.Outputs) (names []string) {
		for _, name := range []string{"old", "one", "two"} {
			found, err := o.Of(3).Has(t.Context(), refs[name])
			if err != nil {
				t.Fatal(err)
			}
			if found {
				place, err := o.Of(3).Find(t.Context(), refs[name], filepath.Join(t.TempDir(), "copy-"))
				if err != nil {
					t.Fatal(err)
				}
				text, err := os.ReadFile(place.Path)
				if err != nil {
					t.Fatal(err)
				}
				names = append(names, string(text))
			}
		}
		return names
	}
	want := func(when string, inOne, inTwo []string) {
		t.Helper()
		// The references to attempt 5 are the same text: what they lead to is not.
		if got := has(one); !slices.Equal(got, inOne) {
			t.Errorf("%s: the first has %q, want %q", when, got, inOne)
		}
		if got := has(two); !slices.Equal(got, inTwo) {
			t.Errorf("%s: the second has %q, want %q", when, got, inTwo)
		}
	}
	remove := func(o *values.Outputs, id model.AttemptID) {
		t.Helper()
		if err := o.Remove(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	want("all are there", []string{"old", "one", "one"}, []string{"two", "two"})
	remove(one, 5)
	remove(two, 4)
	want("one is deleted", []string{"old"}, []string{"two", "two"})
	remove(one, 4)
	remove(two, 5)
	want("all are deleted", nil, nil)
	gone := errors.New("gone")
	two = outputs(of)
	two.Home = func(context.Context) (values.Home, error) { return values.Home{}, gone }
	if err := two.Remove(t.Context(), 1); !errors.Is(err, gone) {
		t.Errorf("a home that is not known: %v", err)
	}
}

func TestNothingIsOpenedBeforeItIsNeeded(t *testing.T) {
	t.Parallel()
	opened := 0
	o := values.NewOutputs(func() (*values.Manager, error) {
		if opened++; opened == 1 {
			return nil, errors.New("away")
		}
		return &values.Manager{Blobs: memory.New(time.Now)}, nil
	})
	o.Folder = filepath.Join(t.TempDir(), "none")
	if err := errors.Join(o.Remove(t.Context(), 1), o.Close()); err != nil || opened != 0 {
		t.Errorf("opened %d times, %v", opened, err)
	}
	o.Folder = ""
	if err := o.Remove(t.Context(), 1); err == nil || !strings.HasSuffix(err.Error(), "away") {
		t.Errorf("error %v", err)
	}
	if err := o.Remove(t.Context(), 1); err != nil || opened != 2 {
		t.Errorf("a failure is remembered: %v", err)
	}
}

func TestNamesOfOutputsHaveBounds(t *testing.T) {
	t.Parallel()
	m := &values.Manager{Blobs: memory.New(time.Now)}
	for _, o := range []values.Output{{}, {Name: strings.Repeat("x", 81)}, {Name: "x", Item: strings.Repeat("x", 81)}} {
		if err := m.Store(t.Context(), o, 1); model.CodeOf(err) != model.Invalid {
			t.Errorf("%+v: error %v", o, err)
		}
	}
	files, err := file.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	longest := values.Output{Session: strings.Repeat("s", 36), Name: strings.Repeat("é", 40), Item: strings.Repeat("é", 40)}
	for _, m := range []*values.Manager{m, {Blobs: files}} {
		if err := m.Store(t.Context(), longest, 1); err != nil {
			t.Error(err)
		}
	}
	if err := m.Store(t.Context(), values.Output{Name: "x"}, make(chan int)); model.CodeOf(err) != model.Invalid {
		t.Errorf("a channel: error %v", err)
	}
}
