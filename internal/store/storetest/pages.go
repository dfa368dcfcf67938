package storetest

import (
	"fmt"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// listing is a list of a store that comes in pages.
type listing[E any] func(store.Page) ([]E, string, error)

// walk returns all entries from a page on.
func walk[E any](f *fixture, list listing[E], page store.Page) []E {
	f.Helper()
	var all []E
	for {
		entries, next, err := list(page)
		if err != nil {
			f.Fatalf("page %+v: %v", page, err)
		}
		if len(entries) > page.Limit || len(entries) == 0 && page.Cursor != "" {
			f.Fatalf("page %+v holds %d entries", page, len(entries))
		}
		all = append(all, entries...)
		if next == "" {
			return all
		}
		page.Cursor = next
	}
}

// wantPages checks that pages of any size show what there should be, and that
// pages which can't be are refused.
func wantPages[E any](f *fixture, list listing[E], want []E) {
	f.Helper()
	for size := 1; size <= len(want)+1; size++ {
		f.same(fmt.Sprintf("pages of %d", size), walk(f, list, store.Page{Limit: size}), want)
	}
	for _, p := range []store.Page{{Limit: -1}, {Limit: store.MaxLimit + 1}, {Cursor: "no cursor"}, {Cursor: "-1"}} {
		_, _, err := list(p)
		f.wantCode(fmt.Sprintf("page %+v", p), err, model.Invalid)
	}
	if _, _, err := list(store.Page{Limit: store.MaxLimit}); err != nil {
		f.Errorf("the largest page: %v", err)
	}
}

// wantSteady checks that what is added after the first two entries were read
// moves none of those that follow them.
func wantSteady[E any](f *fixture, list listing[E], add func(), want func() []E) {
	f.Helper()
	first, next, err := list(store.Page{Limit: 2})
	if err != nil || next == "" {
		f.Fatalf("first page: cursor %q, error %v", next, err)
	}
	add()
	f.same("all entries", append(first, walk(f, list, store.Page{Limit: 2, Cursor: next})...), want())
}
