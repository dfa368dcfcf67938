package storetest

import (
	"fmt"
	"time"

	"github.com/pawlhq/pawl/internal/engine"
	"github.com/pawlhq/pawl/internal/facts"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
)

// told is the event with which a task of an attempt tells a fact.
func told(attempt model.AttemptID, seq int64, fact facts.Fact) engine.Event {
	kind := engine.ProductMade
	if fact.Expectation != "" {
		kind = engine.Expected
	}
	e := event(attempt, seq)
	e.Kind, e.Data = kind, fact.Data()
	return e
}

func madeFact(key, partition string) facts.Fact {
	return facts.Fact{Product: key, Partition: partition, Metadata: params.Of("rows", facts.Of(facts.Number, int64(7))), Tags: model.Tags{"a": "ü"}}
}

// tells commits facts of an attempt, with the numbers from first on.
func (f *fixture) tells(attempt model.AttemptID, first int64, list ...facts.Fact) {
	f.Helper()
	b := &store.Batch{}
	for i, fact := range list {
		b.Events = append(b.Events, told(attempt, first+int64(i), fact))
	}
	f.commit(b)
}

// facts returns what matches, as ATTEMPT.SEQ, walking pages of a size.
func (f *fixture) facts(filter store.FactFilter, size int) (list []string) {
	f.Helper()
	all := walk(f, func(page store.Page) ([]store.Fact, string, error) { return f.store.ListFacts(ctx, filter, page) }, store.Page{Limit: size})
	for _, e := range all {
		list = append(list, fmt.Sprintf("%d.%d", e.Attempt, e.Seq))
	}
	return list
}

// summed returns the names of a list with their counts, and the numbers of the last facts.
func (f *fixture) summed(list listing[store.ProductEntry], size int) (names []string) {
	f.Helper()
	for _, e := range walk(f, list, store.Page{Limit: size}) {
		names = append(names, fmt.Sprintf("%s %d %d", e.Name, e.Count, e.Last.Seq))
	}
	return names
}

func (f *fixture) products(of store.ProductFilter) listing[store.ProductEntry] {
	return func(page store.Page) ([]store.ProductEntry, string, error) {
		return f.store.ListProducts(ctx, of, page)
	}
}

func (f *fixture) partitions(of store.ProductFilter) listing[store.ProductEntry] {
	return func(page store.Page) ([]store.ProductEntry, string, error) {
		return f.store.ListPartitions(ctx, of, page)
	}
}

var factTests = []test{
	{"a fact is kept as it was told", func(f *fixture) {
		a := f.make(f.start("k"))
		fact := madeFact("sales/daily", "2026-01-01")
		failed := told(a.ID, 2, facts.Fact{Expectation: "rows > 0", Severity: facts.Error})
		failed.Data = failed.Data.Set(engine.FactFailed, true)
		b := &store.Batch{Events: []engine.Event{told(a.ID, 1, fact), failed, event(a.ID, 3)}}
		f.commit(b)
		f.commit(b) // again is harmless
		got, next, err := f.store.ListFacts(ctx, store.FactFilter{}, store.Page{})
		must(f, err)
		for i := range got {
			got[i].ID = 0
		}
		of := store.Fact{Project: 1, Workflow: "w", Session: "k", Attempt: a.ID, Try: 1}
		first, second := of, of
		first.Fact, first.Seq, first.Task, first.At = fact, 1, "+w+step1", now+1
		second.Fact, second.Seq, second.Task, second.At, second.Failed = facts.Fact{Expectation: "rows > 0", Severity: facts.Error}, 2, "+w+step2", now+2, true
		f.same("facts", got, []store.Fact{second, first})
		f.same("next", next, "")
	}},
	{"facts are found by what they are about", func(f *fixture) {
		a, b := f.make(f.start("a")), f.make(f.start("b"))
		f.tells(a.ID, 1, madeFact("x", "1"), madeFact("x", "2"), madeFact("y", ""),
			facts.Fact{Expectation: "x", OK: true}, facts.Fact{Expectation: "e"})
		f.tells(b.ID, 11, madeFact("x", "1"), facts.Fact{Expectation: "e", OK: true})
		for _, test := range []struct {
			what string
			of   store.FactFilter
			want []string
		}{
			{"all", store.FactFilter{}, []string{"2.12", "2.11", "1.5", "1.4", "1.3", "1.2", "1.1"}},
			{"product", store.FactFilter{Projects: []model.ProjectID{1}, Kind: store.OfProduct, Name: "x"}, []string{"2.11", "1.2", "1.1"}},
			{"name of both", store.FactFilter{Name: "x"}, []string{"2.11", "1.4", "1.2", "1.1"}},
			{"partition", store.FactFilter{Projects: []model.ProjectID{1}, Kind: store.OfProduct, Name: "x", Partition: "1"}, []string{"2.11", "1.1"}},
			{"attempt", store.FactFilter{Attempt: a.ID, Kind: store.OfExpectation}, []string{"1.5", "1.4"}},
			{"task", store.FactFilter{Task: "+w+step4"}, []string{"1.4"}},
			{"broken", store.FactFilter{Broken: true}, []string{"1.5"}},
			{"met", store.FactFilter{Met: true, Workflow: "w"}, []string{"2.12", "1.4"}},
			{"from", store.FactFilter{From: now + 11}, []string{"2.12", "2.11"}},
			{"until", store.FactFilter{Until: now + 3}, []string{"1.2", "1.1"}},
			{"span", store.FactFilter{From: now + 2, Until: now + 3, Projects: []model.ProjectID{1, 2}}, []string{"1.2"}},
			{"other project", store.FactFilter{Projects: []model.ProjectID{2}}, nil},
			{"no project", store.FactFilter{Projects: []model.ProjectID{}}, nil},
			{"other workflow", store.FactFilter{Workflow: "v"}, nil},
		} {
			for _, size := range []int{1, 2, 9} {
				f.same(test.what, f.facts(test.of, size), test.want)
			}
		}
		_, _, err := f.store.ListFacts(ctx, store.FactFilter{}, store.Page{Cursor: "!"})
		f.wantCode("cursor", err, model.Invalid)
		_, _, err = f.store.ListFacts(ctx, store.FactFilter{}, store.Page{Limit: store.MaxLimit + 1})
		f.wantCode("limit", err, model.Invalid)
	}},
	{"a page looks at a bounded number of facts", func(f *fixture) {
		a := f.make(f.start("a"))
		f.tells(a.ID, 1, facts.Fact{Expectation: "rare"})
		for first := int64(2); first < store.FactsAtOnce+500; first += 1000 {
			var list []facts.Fact
			for range 1000 {
				list = append(list, madeFact("x", ""))
			}
			f.tells(a.ID, first, list...)
		}
		var got []string
		page := store.Page{Limit: 10}
		for {
			list, next, err := f.store.ListFacts(ctx, store.FactFilter{Broken: true}, page)
			must(f, err)
			for _, e := range list {
				got = append(got, e.Expectation)
			}
			if page.Cursor = next; next == "" {
				break
			}
		}
		f.same("found", got, []string{"rare"})
	}},
	{"products and partitions are listed", func(f *fixture) {
		a, b := f.make(f.start("a")), f.make(f.start("b"))
		f.tells(a.ID, 1, madeFact("x/b", "2"), madeFact("x/b", "1"), madeFact("x/a", ""), madeFact("x/b", "2"), madeFact("Z", ""),
			madeFact("x", ""), madeFact("é", ""), facts.Fact{Expectation: "x/c"}, madeFact("x/b", ""))
		f.tells(b.ID, 5, madeFact("x/b", "10"))
		other := f.start("c")
		other.Session.Project = 2
		f.tells(f.make(other).ID, 1, madeFact("x/z", ""))
		all := []string{"Z 1 5", "x 1 6", "x/a 1 3", "x/b 5 9", "é 1 7"}
		for _, size := range []int{1, 2, 3, 9} {
			f.same("all", f.summed(f.products(store.ProductFilter{Project: 1}), size), all)
			f.same("prefix", f.summed(f.products(store.ProductFilter{Project: 1, Prefix: "x/"}), size), all[2:4])
			f.same("partitions", f.summed(f.partitions(store.ProductFilter{Project: 1, Key: "x/b"}), size), []string{"1 1 2", "10 1 5", "2 2 4"})
			f.same("some", f.summed(f.partitions(store.ProductFilter{Project: 1, Key: "x/b", Prefix: "1"}), size), []string{"1 1 2", "10 1 5"})
		}
		f.same("none", f.summed(f.products(store.ProductFilter{Project: 3}), 9), []string(nil))
		f.same("no partition", f.summed(f.partitions(store.ProductFilter{Project: 1, Key: "x/a"}), 9), []string(nil))
		_, _, err := f.store.ListProducts(ctx, store.ProductFilter{}, store.Page{Cursor: "!"})
		f.wantCode("cursor", err, model.Invalid)
	}},
	{"a product is forgotten", func(f *fixture) {
		a := f.make(f.start("a"))
		f.tells(a.ID, 1, madeFact("x", "1"), madeFact("y", ""), madeFact("x", ""), facts.Fact{Expectation: "x"})
		n, err := f.store.ForgetProduct(ctx, 1, "x")
		must(f, err)
		f.same("deleted", n, 2)
		f.same("left", f.facts(store.FactFilter{}, 9), []string{"1.4", "1.2"})
		for _, of := range []model.ProjectID{1, 2} {
			_, err = f.store.ForgetProduct(ctx, of, "x")
			f.wantCode("again", err, model.NotFound)
		}
		_, err = f.store.ForgetProduct(ctx, 1, "")
		f.wantCode("none", err, model.NotFound)
	}},
	{"facts outlive their attempts and go with time", func(f *fixture) {
		a := f.make(f.start("a"))
		tell := func(seq int64, at model.Instant, fact facts.Fact) {
			e := told(a.ID, seq, fact)
			e.At = at
			f.commit(&store.Batch{Events: []engine.Event{e}})
		}
		tell(1, old, madeFact("x", "1"))
		tell(2, old+1, madeFact("x", "1"))
		tell(3, old+1, madeFact("x", "2"))
		tell(4, old+2, madeFact("y", ""))
		tell(5, old+3, facts.Fact{Expectation: "y"})
		tell(6, now, madeFact("y", ""))
		tell(7, now, facts.Fact{Expectation: "y"})
		f.endAt(a.ID, old+4)
		f.same("attempts", f.prune(keepHour, 1).Attempts, []model.AttemptID{a.ID})
		f.same("kept for good", len(f.facts(store.FactFilter{}, 9)), 7)
		keep := store.Retention{Facts: time.Hour}
		f.same("pruned", f.prune(keep, 1).Facts, 2)
		f.same("left", f.facts(store.FactFilter{}, 9), []string{"1.7", "1.6", "1.4", "1.3", "1.2"})
		f.same("again", f.prune(keep, 9).Facts, 0)
		p, _, err := f.store.Prune(ctx, keep, now+2*hour, store.Page{})
		must(f, err)
		f.same("when later ones are old", p.Facts, 2)
		f.same("left then", f.facts(store.FactFilter{}, 9), []string{"1.6", "1.3", "1.2"})
	}},
	{"the last fact of each of many partitions stays", func(f *fixture) {
		a := f.make(f.start("a"))
		b := &store.Batch{}
		for seq := int64(1); seq <= 300; seq++ {
			e := told(a.ID, seq, madeFact("x", []string{"", "1", "2"}[seq%3]))
			e.At = old + model.Instant(seq)
			b.Events = append(b.Events, e)
		}
		same := told(a.ID, 301, madeFact("x", "1")) // at the same instant, the later counts
		same.At = old + 298
		b.Events = append(b.Events, same)
		f.commit(b)
		f.same("pruned", f.prune(store.Retention{Facts: time.Hour}, 7).Facts, 298)
		f.same("left", f.facts(store.FactFilter{}, 9), []string{"1.300", "1.299", "1.301"})
	}},
	{"facts are deleted with their project", func(f *fixture) {
		id := f.pushed(f.push("p", "1", "w")).ID
		s := f.start("k")
		s.Session.Project = id
		a := f.make(s)
		f.tells(a.ID, 1, madeFact("x", ""))
		_, err := f.store.DeleteProject(ctx, id, old)
		must(f, err)
		f.endAt(a.ID, old)
		f.same("projects", f.prune(store.Retention{Attempts: time.Hour, Projects: time.Hour}, 9).Projects, []model.ProjectID{id})
		f.same("facts", f.facts(store.FactFilter{}, 9), []string(nil))
	}},
	{"one who lost the lease tells nothing", func(f *fixture) {
		epoch, ids := f.owned("a", 1)
		err := f.store.Commit(ctx, &store.Batch{Owner: "a", Epoch: epoch + 1, Events: []engine.Event{told(ids[0], 1, madeFact("x", ""))}})
		f.wantCode("Commit", err, model.Conflict)
		f.same("facts", f.facts(store.FactFilter{}, 9), []string(nil))
	}},
}
