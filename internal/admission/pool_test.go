package admission_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pawlhq/pawl/internal/admission"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/prop"
)

func claim(task model.TaskID, priority int, since instant, needs map[string]int) admission.Claim {
	return admission.Claim{Try: model.TryID{Attempt: 1, Task: task, Try: 1}, Priority: priority, Since: since, Needs: needs}
}

func tasksOf(claims []admission.Claim) (list []model.TaskID) {
	for _, c := range claims {
		list = append(list, c.Try.Task)
	}
	return list
}

func TestSlotsAreGivenInOrder(t *testing.T) {
	t.Parallel()
	one, both := map[string]int{"a": 1}, map[string]int{"a": 1, "b": 2}
	for name, tt := range map[string]struct {
		free   map[string]int
		claims []admission.Claim
		want   []model.TaskID
	}{
		"age":                          {map[string]int{"a": 2}, []admission.Claim{claim(1, 0, 9, one), claim(2, 0, 3, one), claim(3, 0, 5, one)}, []model.TaskID{2, 3}},
		"priority":                     {map[string]int{"a": 1}, []admission.Claim{claim(1, 0, 1, one), claim(2, 1, 9, one)}, []model.TaskID{2}},
		"a heavy one is not overtaken": {map[string]int{"a": 1}, []admission.Claim{claim(1, 0, 1, map[string]int{"a": 2}), claim(2, 0, 2, one)}, nil},
		"nor one that wants another":   {map[string]int{"a": 2, "b": 1}, []admission.Claim{claim(1, 0, 1, both), claim(2, 0, 2, one)}, nil},
		"all or nothing":               {map[string]int{"a": 2, "b": 2}, []admission.Claim{claim(1, 0, 1, both), claim(2, 0, 2, both), claim(3, 0, 3, one)}, []model.TaskID{1}},
		"a pool without a size":        {map[string]int{"a": 1}, []admission.Claim{claim(1, 0, 1, map[string]int{"a": 2, "c": 9}), claim(2, 0, 2, map[string]int{"c": 7})}, []model.TaskID{2}},
	} {
		if diff := cmp.Diff(tt.want, tasksOf(admission.Share(tt.free, tt.claims))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Nothing is given that is not there, whoever waits is waited for, and those in front
// are enough to decide by.
func TestSharesProperty(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		free := rapid.MapOf(rapid.SampledFrom([]string{"a", "b", "c"}), rapid.IntRange(0, 4)).Draw(t, "free")
		var claims []admission.Claim
		for i := range rapid.IntRange(0, 9).Draw(t, "claims") {
			needs := rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c"}), rapid.IntRange(1, 3), 1, 3).Draw(t, "needs")
			claims = append(claims, claim(model.TaskID(i), rapid.IntRange(0, 1).Draw(t, "priority"), instant(rapid.IntRange(0, 3).Draw(t, "since")), needs))
		}
		given := tasksOf(admission.Share(free, claims))
		slices.SortFunc(claims, func(a, b admission.Claim) int { return admission.CompareClaims(&a, &b) })
		left, blocked := maps.Clone(free), map[string]bool{}
		for _, c := range claims {
			got := slices.Contains(given, c.Try.Task)
			may := true
			for pool, n := range c.Needs {
				if _, bounded := free[pool]; !bounded {
					continue
				}
				may = may && !blocked[pool] && left[pool] >= n
				if got {
					if left[pool] -= n; left[pool] < 0 {
						t.Fatalf("pool %s is overdrawn", pool)
					}
				} else {
					blocked[pool] = true
				}
			}
			if got != may {
				t.Fatalf("claim %d: given %v, want %v", c.Try.Task, got, may)
			}
		}
		var first []admission.Claim
		seen := map[string]int{}
		for _, c := range claims {
			for pool := range c.Needs {
				n, bounded := free[pool]
				if seen[pool]++; (seen[pool] <= n || !bounded) && !slices.ContainsFunc(first, func(o admission.Claim) bool { return o.Try == c.Try }) {
					first = append(first, c)
				}
			}
		}
		if diff := cmp.Diff(given, tasksOf(admission.Share(free, first))); diff != "" {
			t.Fatalf("by those in front alone: %s", diff)
		}
	})
}
