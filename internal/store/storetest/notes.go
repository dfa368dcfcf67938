package storetest

import (
	"fmt"
	"slices"
	"sync"
)

var noteTests = []test{
	{"a note is there until another takes its place", func(f *fixture) {
		set := func(name, text string) {
			f.Helper()
			if err := f.store.SetNote(ctx, name, text); err != nil {
				f.Fatal(err)
			}
		}
		want := func(prefix string, want map[string]string) {
			f.Helper()
			got, err := f.store.Notes(ctx, prefix)
			if err != nil {
				f.Fatal(err)
			}
			f.same("notes of "+prefix, got, want)
		}
		want("", map[string]string{})
		set("a/ä_1", "one")
		set("a/2", "two")
		set("ab", "three")
		set("a%", "four")
		want("a/", map[string]string{"a/ä_1": "one", "a/2": "two"})
		want("a/ä", map[string]string{"a/ä_1": "one"})
		want("a%", map[string]string{"a%": "four"})
		set("a/2", "another")
		set("ab", "")
		set("none", "")
		want("", map[string]string{"a/ä_1": "one", "a/2": "another", "a%": "four"})
	}},
	{"of those who keep a note at once, the first one counts", func(f *fixture) {
		got := make([]string, 8)
		var wg sync.WaitGroup
		for i := range got {
			wg.Go(func() {
				var err error
				if got[i], err = f.store.KeepNote(ctx, "id", fmt.Sprint("of ", i)); err != nil {
					f.Error(err)
				}
			})
		}
		wg.Wait()
		if got[0] == "" || len(slices.Compact(slices.Clone(got))) != 1 {
			f.Errorf("they were told %q, want all the same", got)
		}
		all, err := f.store.Notes(ctx, "id")
		if err != nil {
			f.Fatal(err)
		}
		f.same("notes", all, map[string]string{"id": got[0]})
	}},
}
