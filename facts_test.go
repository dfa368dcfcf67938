package pawl_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl"
)

func TestStepsTellOfProductsAndExpectations(t *testing.T) {
	b := define(t, pawl.Execute("a", func(ctx context.Context, n *note) error {
		return errors.Join(
			pawl.Materialize(ctx, "notes/"+n.ID, pawl.Partition("1"), pawl.Tags{"team": "a"}, pawl.Metadata{
				"rows": 7, "page": pawl.URL("https://x/y"), "all": pawl.Table{{"a": 1}}, "raw": map[string]any{"type": "url", "value": 1},
			}),
			pawl.Materialize(ctx, "notes"),
			pawl.Expect(ctx, "short", len(n.ID) < 3),
			pawl.Expect(ctx, "named", n.ID != "bad", pawl.Required),
		)
	}))
	good, bad := b.start(note{ID: "a"}), b.start(note{ID: "bad"})
	b.is(good, pawl.Succeeded)
	b.is(bad, pawl.Failed)
	var got []string
	for f, err := range b.Engine.Facts(t.Context(), pawl.FactFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintln(f.Run, f.Process, f.Step, f.Try, f.Product, f.Partition, f.Expectation, f.OK, f.Required, f.Failed, f.Tags))
		if f.Partition == "1" {
			same(t, pawl.Metadata{"rows": int64(7), "page": pawl.URL("https://x/y"), "all": pawl.Table{{"a": 1.0}}, "raw": map[string]any{"type": "url", "value": 1.0}}, f.Metadata)
		}
	}
	same(t, strings.Join([]string{
		"bad notes a 1   named false true true map[]", "bad notes a 1   short false false true map[]", "bad notes a 1 notes   false false true map[]",
		"bad notes a 1 notes/bad 1  false false true map[team:a]",
		"a notes a 1   named true true false map[]", "a notes a 1   short true false false map[]", "a notes a 1 notes   false false false map[]",
		"a notes a 1 notes/a 1  false false false map[team:a]", "",
	}, "\n"), strings.Join(got, ""))
	count := func(f pawl.FactFilter) (n int) {
		for _, err := range b.Engine.Facts(t.Context(), f) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		return n
	}
	same(t, []int{2, 2, 1, 0, 4, 8, 0}, []int{
		count(pawl.FactFilter{Product: "notes"}), count(pawl.FactFilter{Expectation: "short"}), count(pawl.FactFilter{Product: "notes/a", Partition: "1"}),
		count(pawl.FactFilter{Process: "none"}), count(pawl.FactFilter{Attempt: 1}), count(pawl.FactFilter{Until: b.Engine.Now().Add(time.Hour)}),
		count(pawl.FactFilter{Since: b.Engine.Now().Add(time.Hour)}),
	})
	var names []string
	for p, err := range b.Engine.Products(t.Context(), "notes/") {
		names = append(names, fmt.Sprint(p.Name, p.Count, p.Last.Run, err))
	}
	for p, err := range b.Engine.Partitions(t.Context(), "notes/a") {
		names = append(names, fmt.Sprint(p.Name, p.Count, err))
	}
	same(t, []string{"notes/a1a<nil>", "notes/bad1bad<nil>", "11 <nil>"}, names)
	if err := b.Engine.ForgetProduct(t.Context(), "notes"); err != nil {
		t.Error(err)
	}
	if err := b.Engine.ForgetProduct(t.Context(), "notes"); !errors.Is(err, pawl.ErrNotFound) {
		t.Errorf("a product that is forgotten gives %v", err)
	}
}

func TestWhatIsNoFactCantBeTold(t *testing.T) {
	if err := pawl.Materialize(t.Context(), "x"); !errors.Is(err, pawl.ErrInvalid) {
		t.Errorf("outside of a step: %v", err)
	}
	var got []error
	b := define(t, pawl.Execute("a", func(ctx context.Context, _ *note) error {
		got = []error{
			pawl.Materialize(ctx, ""), pawl.Expect(ctx, "x", true, pawl.Partition("1")), pawl.Materialize(ctx, "x", pawl.Metadata{"u": pawl.URL("no")}),
			pawl.Materialize(ctx, "x", pawl.Tags{"pawl/x": ""}), pawl.Materialize(ctx, "x", pawl.Metadata{"f": func() {}}),
		}
		return nil
	}))
	b.is(b.start(note{ID: "a"}), pawl.Succeeded)
	for i, err := range got {
		if err == nil || i < 4 && !errors.Is(err, pawl.ErrInvalid) {
			t.Errorf("%d: %v", i, err)
		}
	}
}
