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
		store.OfItem("+w+a", 3):        {"", true},
		store.OfTasks([]string{"+w+"}): {"", true},
	} {
		r := store.Resume{Attempt: 7, From: from}
		if got := r.Task(); got != want.task || r.Again() != want.again {
			t.Errorf("%q: from task %q on, all again: %v", from, got, r.Again())
		}
	}
}
