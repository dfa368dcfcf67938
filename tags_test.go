package pawl_test

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/pawlhq/pawl"
)

// tagged checks the tags of a run.
func (b *bench) tagged(r *pawl.Run[note], want pawl.Tags) {
	b.Helper()
	if got, err := r.Tags(b.Context()); err != nil || !maps.Equal(got, want) {
		b.Errorf("run %s has the tags %v (%v), want %v", r.Key(), got, err, want)
	}
}

func TestRunsAreFoundByTheTagsThatTheyWereStartedWith(t *testing.T) {
	b := define(t, say("x"))
	tags := pawl.Tags{"team": "search"}
	both := b.start(note{ID: "a"}, tags, pawl.Tags{"customer": "ann"}, pawl.Reject)
	b.start(note{ID: "b"}, tags)
	b.tagged(both, pawl.Tags{"team": "search", "customer": "ann"})
	b.tagged(b.start(note{ID: "c"}), nil)
	if len(tags) != 1 {
		t.Errorf("an option has become %v", tags)
	}
	for _, test := range []struct {
		of   pawl.Tags
		want []string
	}{
		{nil, []string{"c", "b", "a"}},
		{pawl.Tags{"team": "search"}, []string{"b", "a"}},
		{pawl.Tags{"team": "search", "customer": "ann"}, []string{"a"}},
		{pawl.Tags{"team": "ann"}, nil},
	} {
		var got []string
		for r, err := range b.of.Find(t.Context(), b.Engine.Engine, pawl.Filter{Tags: test.of}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, r.Key())
		}
		same(t, test.want, got)
	}
}

func TestTagsOfARunChange(t *testing.T) {
	b := define(t, say("x"))
	r := b.start(note{ID: "a"}, pawl.Tags{"team": "search", "old": "1"})
	if err := r.Tag(t.Context(), pawl.Tags{"team": "ads", "new": ""}, "old", "none"); err != nil {
		t.Fatal(err)
	}
	b.tagged(r, pawl.Tags{"team": "ads", "new": ""})
	if err := b.of.Run(b.Engine.Engine, "none").Tag(t.Context(), pawl.Tags{"a": "b"}); !errors.Is(err, pawl.ErrNotFound) {
		t.Errorf("a run that is not there: %v", err)
	}
}

func TestARunThatGoesOnKeepsItsTags(t *testing.T) {
	b := define(t, fails("once", 1))
	r := b.start(note{ID: "a"}, pawl.Tags{"team": "search"})
	b.is(r, "error")
	if err := r.RetryWithout(t.Context(), "once"); err != nil {
		t.Fatal(err)
	}
	b.is(r, "success")
	b.tagged(r, pawl.Tags{"team": "search"})
	b.tagged(b.start(note{ID: "a"}, pawl.Replace), nil)
}

func TestTagsThatARunCantHaveAreRefused(t *testing.T) {
	b := define(t, say("x"))
	r := b.start(note{ID: "a"})
	for _, tags := range []pawl.Tags{{"pawl/project": "p"}, {"": "v"}, {"a b": "v"}, {"a": strings.Repeat("v", 251)}} {
		if _, err := b.of.Start(t.Context(), b.Engine.Engine, "b", note{}, tags); !errors.Is(err, pawl.ErrInvalid) {
			t.Errorf("started with %v: %v", tags, err)
		}
		if err := r.Tag(t.Context(), tags); !errors.Is(err, pawl.ErrInvalid) {
			t.Errorf("given %v: %v", tags, err)
		}
	}
	if err := r.Tag(t.Context(), nil, "pawl/project"); !errors.Is(err, pawl.ErrInvalid) {
		t.Errorf("taken away: %v", err)
	}
	if err := r.Tag(t.Context(), nil); !errors.Is(err, pawl.ErrInvalid) {
		t.Errorf("nothing changed: %v", err)
	}
}
