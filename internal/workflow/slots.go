package workflow

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// Slots are what each try of an action takes of a pool.
type Slots struct {
	Pool string
	N    int
}

// MaxPoolName is the length of the names of pools, in bytes.
const MaxPoolName = 100

// CheckPool returns an Invalid error for what can't be the name of a pool.
func CheckPool(name string) error {
	odd := func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._-", r))
	}
	if name == "" || len(name) > MaxPoolName || strings.ContainsFunc(name, odd) {
		return model.Errorf(model.Invalid, "%.50q can't be the name of a pool", name).
			WithHint("it has up to %d letters, digits and any of . _ -", MaxPoolName)
	}
	return nil
}

// ParseSlots reads what a task takes of pools, as it is written: the name of one, of
// which it takes a slot, or a mapping of numbers of slots by pool. Anything else is
// Invalid, as are expressions. The pools are in order.
func ParseSlots(v params.Value) (list []Slots, err error) {
	if params.TemplatedValue(v) {
		return nil, model.Errorf(model.Invalid, "pools are read before expressions are evaluated")
	}
	switch of := v.(type) {
	case string:
		list = []Slots{{of, 1}}
	case params.Map:
		for name, v := range of.All() {
			n, ok := params.ToInt(v)
			if !ok || n < 1 || n > MaxWeight {
				return nil, model.Errorf(model.Invalid, "a task takes from 1 to %d slots of the pool %s, not %s", MaxWeight, name, params.AppendJSON(nil, v))
			}
			list = append(list, Slots{name, int(n)})
		}
	default:
		return nil, model.Errorf(model.Invalid, "this must be the name of a pool, or a mapping such as {db: 2}, not %s", params.AppendJSON(nil, v))
	}
	for i := range list {
		if err := CheckPool(list[i].Pool); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(list, func(a, b Slots) int { return cmp.Compare(a.Pool, b.Pool) })
	return list, nil
}

func (e *encoder) slots(list []Slots) {
	e.uint(uint64(len(list)))
	for _, s := range list {
		e.symbol(s.Pool)
		e.int(s.N)
	}
}

func (d *decoder) slots() (list []Slots) {
	n := d.count(2)
	for range n {
		list = append(list, Slots{d.symbol(), d.int()})
	}
	if n == 0 {
		d.fail(errCodec)
	}
	return list
}
