package storetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tagsOf returns the tags of attempts.
func (f *fixture) tagsOf(ids ...model.AttemptID) map[model.AttemptID]model.Tags {
	f.Helper()
	tags, err := f.store.TagsOf(ctx, ids)
	must(f, err)
	return tags
}

var tagTests = []test{
	{"attempts have the tags that they began with", func(f *fixture) {
		plain, s := f.make(f.start("plain")), f.start("k")
		s.Tags = model.Tags{"team": "search", "note": "", "word": "ü"}
		a := f.make(s)
		f.same("tags", f.tagsOf(plain.ID, a.ID, 99), map[model.AttemptID]model.Tags{a.ID: s.Tags})
	}},
	{"tags are changed", func(f *fixture) {
		id := f.make(f.start("k")).ID
		change := func(set model.Tags, unset ...string) model.Tags {
			f.Helper()
			tags, err := f.store.ChangeTags(ctx, id, set, unset)
			must(f, err)
			f.same("as stored", f.tagsOf(id)[id], tags)
			return tags
		}
		f.same("new", change(model.Tags{"a": "1", "b": "1"}), model.Tags{"a": "1", "b": "1"})
		f.same("replaced", change(model.Tags{"b": "2", "c": "3"}, "a", "none"), model.Tags{"b": "2", "c": "3"})
		many := make(model.Tags)
		for i := range model.MaxTags - 1 {
			many[fmt.Sprint("n", i)] = ""
		}
		_, err := f.store.ChangeTags(ctx, id, many, nil)
		f.wantCode("too many", err, model.Invalid)
		_, err = f.store.ChangeTags(ctx, 99, model.Tags{"a": "1"}, nil)
		f.wantCode("no attempt", err, model.NotFound)
		f.same("unchanged", f.tagsOf(id)[id], model.Tags{"b": "2", "c": "3"})
	}},
	{"what waits counts by its new tags", func(f *fixture) {
		a, b := f.queued("a", store.Turn{}, model.Tags{"t": "1"}), f.queued("b", store.Turn{}, model.Tags{"t": "1"})
		each := admission.Limit{Name: "each", Tag: "t", PerValue: true, Max: 1}
		f.same("first", f.admit(now, each), []model.AttemptID{a.ID})
		_, err := f.store.ChangeTags(ctx, b.ID, model.Tags{"t": "2"}, nil)
		must(f, err)
		f.same("second", f.admit(now, each), []model.AttemptID{b.ID})
	}},
	{"attempts are found by their tags", func(f *fixture) {
		var want []model.AttemptID
		for i := range 12 {
			s := f.start(fmt.Sprint(i))
			s.Tags = model.Tags{"n": fmt.Sprint(i % 3), "odd": fmt.Sprint(i % 2)}
			if a := f.make(s); i%3 == 1 && i%2 == 1 {
				want = append(want, a.ID)
			}
			f.make(f.start(fmt.Sprint("plain", i)))
		}
		slices.Reverse(want)
		for _, size := range []int{1, 9} {
			f.same("both", f.found(store.Search{Tags: model.Tags{"n": "1", "odd": "1"}}, size), want)
		}
		f.same("none", f.found(store.Search{Tags: model.Tags{"n": "7"}}, 9), []model.AttemptID(nil))
	}},
	{"attempts of a group are found by the first", func(f *fixture) {
		first, other := f.make(f.start("k")), f.make(f.start("other"))
		again := func(name string, parent model.AttemptID, of model.Tags) store.Attempt {
			s := f.start("k")
			s.Name, s.Tags = name, model.Tags{"a": "1"}.Descend(parent, of)
			return f.make(s)
		}
		second := again("run 2", first.ID, nil)
		third := again("run 3", second.ID, f.tagsOf(second.ID)[second.ID])
		for _, size := range []int{1, 9} {
			f.same("group", f.found(store.Search{Group: first.ID}, size), []model.AttemptID{third.ID, second.ID, first.ID})
		}
		f.same("with a tag", f.found(store.Search{Group: first.ID, Tags: model.Tags{"a": "1"}}, 9), []model.AttemptID{third.ID, second.ID})
		f.same("alone", f.found(store.Search{Group: other.ID}, 9), []model.AttemptID{other.ID})
		f.same("none", f.found(store.Search{Group: 99}, 9), []model.AttemptID(nil))
		parent, root := f.tagsOf(third.ID)[third.ID].Line()
		f.same("parent", parent, second.ID)
		f.same("root", root, first.ID)
	}},
	{"a tag of many attempts finds them all", func(f *fixture) {
		all := f.startAtOnce(1100, func(i int) store.Start {
			s := f.start(fmt.Sprint(i))
			s.Tags = model.Tags{"t": "x"}
			return s
		})
		if got := f.found(store.Search{Tags: model.Tags{"t": "x"}, Look: 300}, 1000); len(got) != len(all) {
			f.Errorf("found %d of %d", len(got), len(all))
		}
	}},
	{"tags are deleted with their attempt", func(f *fixture) {
		a := f.queued("k", store.Turn{}, model.Tags{"t": "x"})
		_, err := f.store.CancelQueued(ctx, store.QueueFilter{}, now, nil)
		must(f, err)
		_, err = f.store.DeleteAttempts(ctx, []model.AttemptID{a.ID}, 0)
		must(f, err)
		f.same("tags", f.tagsOf(a.ID), map[model.AttemptID]model.Tags{})
	}},
}
