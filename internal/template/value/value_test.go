package value_test

import (
	"errors"
	"math/big"
	"testing"

	"github.com/pawlhq/pawl/internal/template/value"
)

// What is equal is one key of a dict, and what is not is another.
func TestEqualValuesAreOneKey(t *testing.T) {
	t.Parallel()
	w := value.NewWork(false, 0)
	huge := new(big.Int).Lsh(big.NewInt(1), 80)
	values := []any{
		nil, false, true, int64(0), int64(1), 1.0, 1.5, "", "1", "x", huge, new(big.Int).Set(huge),
		value.Tuple{}, value.Tuple{int64(1)}, value.Tuple{1.0}, value.Tuple{"1"}, value.Tuple{value.Tuple{}},
	}
	for _, a := range values {
		for _, b := range values {
			equal, err := w.Equal(a, b)
			if err != nil {
				t.Fatal(err)
			}
			first, err := w.Hash(a)
			second, other := w.Hash(b)
			if err := errors.Join(err, other); err != nil {
				t.Fatal(err)
			}
			if equal != (first == second) {
				t.Errorf("%#v and %#v: equal %v, hashes %#v and %#v", a, b, equal, first, second)
			}
		}
	}
}

func TestADictKeepsTheOrderOfItsKeys(t *testing.T) {
	t.Parallel()
	w, d := value.NewWork(false, 0), new(value.Dict)
	for _, key := range []any{"b", "a", int64(1), "b", true} {
		if err := w.Put(d, key, key); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := w.Str(d); text != "{'b': 'b', 'a': 'a', 1: True}" || err != nil {
		t.Errorf("got %s, %v", text, err)
	}
}

// Who spends more than there is is told, each time from then on.
func TestWorkIsBounded(t *testing.T) {
	t.Parallel()
	w := value.NewWork(false, 10)
	if err := errors.Join(w.Spend(4), w.SpendTimes(2, 3)); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{w.Spend(1), w.SpendTimes(1<<40, 1<<40), w.Spend(1)} {
		if !errors.Is(err, value.ErrEffort) {
			t.Errorf("got %v, want that it takes too much", err)
		}
	}
	for w.Enter() == nil {
	}
	if err := w.Enter(); !errors.Is(err, value.ErrDepth) {
		t.Errorf("got %v, want that it is too deep", err)
	}
	w.Leave()
	if err := w.Enter(); err != nil {
		t.Errorf("who has left can't come back: %v", err)
	}
}
