package store_test

import (
	"testing"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

func TestThePlaceOfASubscriptionSurvivesItsCursor(t *testing.T) {
	t.Parallel()
	for _, m := range []store.SubscriptionMark{
		{},
		{Topic: "t", Param: "p", One: 1, Since: 1_790_000_000_000_000, Attempt: 7, Task: 3, Mark: [16]byte{1, 15: 255}},
		{Topic: "\x00\xff", Since: -5, Task: model.NoTask},
	} {
		_, got, err := store.Page{Cursor: m.Cursor()}.SubscriptionBounds()
		if err != nil || got != m {
			t.Errorf("%+v became %+v, error %v", m, got, err)
		}
		for n := range m.Cursor() {
			if _, _, err := (store.Page{Cursor: m.Cursor()[:n]}).SubscriptionBounds(); n > 0 && model.CodeOf(err) != model.Invalid {
				t.Errorf("the first %d bytes of a cursor are one: error %v", n, err)
			}
		}
	}
}

func TestOutcomesHaveWords(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for o := store.Outcome(0); o <= store.Missing; o++ {
		if seen[o.String()] || o.String() == "" {
			t.Errorf("outcome %d is %q", o, o)
		}
		seen[o.String()] = true
	}
}
