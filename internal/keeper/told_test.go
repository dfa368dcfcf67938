package keeper_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/facts"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// heard takes what a task tells.
type heard struct{ facts.Told }

func (h *heard) Tell(f operator.Fact) error { return h.Add(f) }
func (h *heard) File() string               { return "" }
func (h *heard) Made(product string) bool {
	return slices.ContainsFunc(h.All(), func(f operator.Fact) bool { return f.Product == product })
}

func TestProductsThatWereMadeAreTold(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.dir = filepath.Join(p.dir, "project")
	long := strings.Repeat("x", 200)
	for _, test := range []struct {
		command string
		writes  []string
		told    []operator.Fact
		want    []string
	}{
		{"one", []string{"a.txt"}, nil, []string{"a.txt  sized"}},
		{"one", []string{"a.txt"}, nil, nil}, // which is up to date
		{"two", []string{"b.txt", "../far.txt"}, nil, []string{"b.txt  sized", filepath.Join(filepath.Dir(p.dir), "far.txt") + "  sized"}},
		{"told", []string{"c.txt"}, []operator.Fact{{Product: "c.txt", Partition: "1"}}, []string{"c.txt 1 "}},
		{"long", []string{filepath.Join(long, long, long)}, nil, nil}, // it is made all the same
	} {
		var paths []params.Value
		for _, name := range test.writes {
			paths = append(paths, name)
			makeFolder(t, filepath.Dir(filepath.Join(p.dir, name)))
		}
		task := p.task("sh", test.command, params.Of("_product", paths))
		h := &heard{}
		for _, f := range test.told {
			if err := h.Tell(f); err != nil {
				t.Fatal(err)
			}
		}
		task.Facts = h
		p.make(task, test.writes...)
		var got []string
		for _, f := range h.All() {
			sized := ""
			if f.Metadata.Has("size") {
				sized = "sized"
			}
			got = append(got, f.Product+" "+f.Partition+" "+sized)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.command, diff)
		}
	}
}

func makeFolder(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
}
