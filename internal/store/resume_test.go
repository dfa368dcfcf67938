package store_test

import (
	"testing"

	"github.com/pawlhq/pawl/internal/store"
)

func TestWhatAnAttemptGoesOnWithIsSaidInOneText(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]struct {
		task  string
		again bool
	}{
		"":                             {"", false},
		store.Anew:                     {"", true},
		store.Changed:                  {"", false},
		"+w+a":                         {"+w+a", true},
		"+w+a[3]":                      {"+w+a[3]", true},
		store.OfItem("+w+a", 3):        {"", true},
		store.OfItem("+w+a[3]", 4):     {"", true},
		store.OfTasks([]string{"+w+"}): {"", true},
	} {
		r := store.Resume{Attempt: 7, From: from}
		if got := r.Task(); got != want.task || r.Again() != want.again {
			t.Errorf("%q: from task %q on, all again: %v", from, got, r.Again())
		}
	}
	r := store.Resume{Attempt: 7, From: store.OfItem("+w+a[3]", 4)}
	if name, index, ok := r.Item(); name != "+w+a[3]" || index != 4 || !ok {
		t.Errorf("got item %d of %q: %v", index, name, ok)
	}
	for _, from := range []string{"", "+w+a[3]", store.Anew, store.OfTasks([]string{"+w"}), "[x]+w", "[3"} {
		if name, index, ok := (store.Resume{Attempt: 7, From: from}).Item(); ok {
			t.Errorf("%q: got item %d of %q", from, index, name)
		}
	}
}
