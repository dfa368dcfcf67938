package local

import (
	"cmp"
	"slices"
	"testing"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/prop"
	"github.com/pawlhq/pawl/runner"
	"pgregory.net/rapid"
)

func TestQueueKeepsPriorityAndOrder(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		type waiting struct {
			*job
			priority int
		}
		var q queue
		var want []waiting
		n := 0
		push := func(t *rapid.T) {
			for range rapid.IntRange(1, 50).Draw(t, "jobs") {
				w := waiting{&job{id: runner.ID{Task: model.TaskID(n)}}, rapid.IntRange(-2, 2).Draw(t, "priority")}
				n++
				q.push(w.job, w.priority)
				want = append(want, w)
			}
			slices.SortStableFunc(want, func(a, b waiting) int { return cmp.Compare(b.priority, a.priority) })
		}
		t.Repeat(map[string]func(*rapid.T){
			"push": push,
			"drop": func(t *rapid.T) {
				for range rapid.IntRange(1, 50).Draw(t, "jobs") {
					j := q.first()
					if len(want) == 0 {
						if j != nil {
							t.Fatalf("job %v in an empty queue", j.id)
						}
						return
					}
					if j != want[0].job {
						t.Fatalf("got %v, want %v", j, want[0].job)
					}
					q.drop()
					want = want[1:]
				}
			},
			"cancel": func(t *rapid.T) {
				if len(want) > 0 {
					i := rapid.IntRange(0, len(want)-1).Draw(t, "job")
					want[i].cancelled = true
					want = slices.Delete(want, i, i+1)
				}
			},
			"": func(t *rapid.T) {
				var all []*job
				for j := range q.all() {
					all = append(all, j)
				}
				if !slices.EqualFunc(all, want, func(j *job, w waiting) bool { return j == w.job }) {
					t.Fatalf("got %d jobs, want %d", len(all), len(want))
				}
			},
		})
	})
}
