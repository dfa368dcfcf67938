package keeper

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/product"
	"github.com/pawlhq/pawl/internal/product/clients"
	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/operator"
)

// shop is a catalog: relations in memory, and copies in a folder.
type shop struct {
	relations map[string]params.Map // metadata by name; one that exists has some
	copies    *clients.Storage
	fails     error
}

func (s *shop) Products(_ context.Context, a python.Action, relations []python.Relation) ([]python.State, error) {
	states := make([]python.State, len(relations))
	for i, r := range relations {
		m, ok := s.relations[r.Product.Name]
		switch a {
		case python.Exists:
			states[i].Exists = ok
		case python.Fetch:
			states[i].Metadata, states[i].HasMetadata = m, m.Len() > 0
		case python.Save:
			s.relations[r.Product.Name] = r.Metadata
		}
	}
	return states, nil
}

func (s *shop) Storage(context.Context, *python.Call) (*clients.Storage, error) {
	return s.copies, s.fails
}

// stage is a project with a task that makes a relation and a file.
type stage struct {
	t    *testing.T
	dir  string
	shop *shop
	task *operator.Task
}

func newStage(t *testing.T) *stage {
	dir := t.TempDir()
	copies, err := clients.Open("LocalStorageClient", params.Of("storage", "folder", "parent", filepath.Join(dir, "copies")), clients.Options{Root: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = copies.Close() })
	now := time.Date(2026, 1, 30, 12, 0, 0, 0, time.UTC)
	return &stage{
		t: t, dir: dir, shop: &shop{relations: make(map[string]params.Map), copies: copies},
		task: &operator.Task{Name: "+p+a", Now: func() time.Time { now = now.Add(time.Second); return now }},
	}
}

func (s *stage) path(name string) string { return filepath.Join(s.dir, name) }

func (s *stage) making(code string) *making {
	return &making{code: code, products: []Product{
		{Product: python.Product{Class: "File", Path: s.path("out.txt")}, Client: &python.Call{Path: "clients.get"}},
		{Product: python.Product{Class: "SQLiteRelation", Name: "t", Kind: "table"}, Client: &python.Call{Path: "clients.db"}},
	}}
}

// judge returns what is to be done.
func (s *stage) judge(m *making) product.Verdict {
	s.t.Helper()
	v, err := m.judge(s.t.Context(), s.shop, s.task)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

// build makes the products, up to the copies.
func (s *stage) build(m *making) error {
	s.t.Helper()
	if err := m.begin(s.t.Context(), s.shop); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(s.path("out.txt"), []byte(m.code), 0o644); err != nil {
		s.t.Fatal(err)
	}
	s.shop.relations["t"] = params.Of("fresh", true)
	if err := m.commit(s.t.Context(), s.shop, s.task, params.Map{}); err != nil {
		s.t.Fatal(err)
	}
	return m.upload(s.t.Context(), s.shop)
}

func TestRelationsAndFilesAreJudgedTogether(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	if v := s.judge(s.making("one")); v.Action != product.Run {
		t.Fatalf("before it was built: %+v", v)
	}
	if err := s.build(s.making("one")); err != nil {
		t.Fatal(err)
	}
	if v := s.judge(s.making("one")); v.Action != product.Skip {
		t.Errorf("built: %+v", v)
	}
	if v := s.judge(s.making("two")); v.Action != product.Run || !strings.Contains(v.Reason, "source changed") {
		t.Errorf("with other source: %+v", v)
	}
	if err := s.making("two").begin(t.Context(), s.shop); err != nil {
		t.Fatal(err)
	}
	if v := s.judge(s.making("one")); v.Action != product.Run {
		t.Errorf("after a run that did not end: %+v", v)
	}
	delete(s.shop.relations, "t")
	if v := s.judge(s.making("one")); v.Action != product.Run {
		t.Errorf("without the relation: %+v", v)
	}
	err := s.making("one").commit(t.Context(), s.shop, s.task, params.Map{})
	if err == nil || !strings.Contains(err.Error(), "did not make t") {
		t.Errorf("a relation that was not made: %v", err)
	}
}

func TestCopiesAreFetchedWhereFilesAreMissing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	if err := s.build(s.making("one")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"out.txt", ".out.txt.metadata"} {
		if err := os.Remove(s.path(name)); err != nil {
			t.Fatal(err)
		}
	}
	after := &making{needs: []need{{"a", s.making("one").products[:1]}}}
	if err := after.bring(t.Context(), s.shop); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(s.path("out.txt")); err != nil || string(text) != "one" {
		t.Errorf("got %q, %v", text, err)
	}
	if err := os.Remove(s.path("out.txt")); err != nil {
		t.Fatal(err)
	}
	m := s.making("one")
	if v := s.judge(m); v.Action != product.Fetch || len(m.fetches) != 1 {
		t.Fatalf("got %+v, to fetch %v", v, m.fetches)
	}
	if err := m.fetch(t.Context(), s.shop); err != nil {
		t.Fatal(err)
	}
	if v := s.judge(s.making("one")); v.Action != product.Skip {
		t.Errorf("fetched: %+v", v)
	}
}

func TestWhatCantBeCopiedIsOutdated(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	m := s.making("one")
	s.shop.fails = errors.New("no such bucket")
	if err := s.build(m); err == nil || !strings.Contains(err.Error(), "no such bucket") {
		t.Fatalf("got %v", err)
	}
	s.shop.fails = nil
	if v := s.judge(s.making("one")); v.Action != product.Run {
		t.Errorf("got %+v", v)
	}
}

func TestRelationsAreLockedByWhatLeadsToThem(t *testing.T) {
	t.Parallel()
	relation := func(name, client string) Product {
		return Product{Product: python.Product{Class: "SQLiteRelation", Name: name}, Client: &python.Call{Path: client}}
	}
	one := making{root: "/p", products: []Product{{Product: python.Product{Class: "File", Path: "/p/a"}}, relation("t", "db.get")}}
	locks := one.locks()
	if locks[0] != "/p/a" || !strings.HasPrefix(locks[1], "/p/") {
		t.Errorf("the locks are %q", locks)
	}
	for name, m := range map[string]making{
		"another relation": {root: "/p", products: []Product{relation("u", "db.get")}},
		"another client":   {root: "/p", products: []Product{relation("t", "db.other")}},
		"another project":  {root: "/q", products: []Product{relation("t", "db.get")}},
	} {
		if got := m.locks()[0]; got == locks[1] {
			t.Errorf("%s has the same lock", name)
		}
	}
	again := making{root: "/p", products: []Product{relation("t", "db.get")}}
	if got := again.locks()[0]; got != locks[1] {
		t.Errorf("the same relation has the lock %q, and %q", got, locks[1])
	}
	first := making{root: "/one", moved: true, products: one.products}
	second := making{root: "/two", moved: true, products: one.products}
	if first.locks()[1] != second.locks()[1] {
		t.Error("in folders of tasks the locks differ")
	}
}
