package dig_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/prop"
	"pgregory.net/rapid"
)

// after returns for each task of a group the indexes of those that it comes
// after.
func after(t *rapid.T, group params.Map) [][]int {
	n, err := dig.CompileSubtasks("^sub", group)
	if err != nil {
		t.Fatal(err)
	}
	var list [][]int
	for _, c := range n.Children {
		from := []int{}
		for _, e := range c.After {
			from = append(from, e.From)
		}
		list = append(list, from)
	}
	return list
}

// A task in the background comes after nothing. Any other comes after the last
// other one before it and all tasks in the background since that.
func TestSequenceProperty(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		background := rapid.SliceOfN(rapid.Bool(), 0, 12).Draw(t, "background")
		var group params.Map
		var want [][]int
		for i, bg := range background {
			group = group.Set(fmt.Sprintf("+t%d", i), params.Of("_background", bg))
			from := []int{}
			for j := i - 1; j >= 0 && !bg; j-- {
				from = append([]int{j}, from...)
				if !background[j] {
					break
				}
			}
			want = append(want, from)
		}
		if diff := cmp.Diff(want, after(t, group)); diff != "" {
			t.Fatalf("background %v (-want +got):\n%s", background, diff)
		}
	})
}

// In chunks of N each task comes after all of the chunk before and after what
// it names, once.
func TestChunksProperty(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(0, 12).Draw(t, "tasks")
		limit := rapid.IntRange(-1, 6).Draw(t, "limit")
		group := params.Of("_parallel", params.Of("limit", limit))
		var want [][]int
		for i := range count {
			named := map[int]bool{}
			var names []string
			if i > 0 {
				for _, j := range rapid.SliceOfN(rapid.IntRange(0, i-1), 0, 3).Draw(t, "after") {
					named[j] = true
					names = append(names, fmt.Sprintf("+t%d", j))
				}
			}
			from := []int{}
			for j := range i {
				if named[j] || limit > 0 && j/limit == i/limit-1 {
					from = append(from, j)
				}
			}
			want = append(want, from)
			group = group.Set(fmt.Sprintf("+t%d", i), params.Of("_after", names))
		}
		if diff := cmp.Diff(want, after(t, group)); diff != "" {
			t.Fatalf("limit %d (-want +got):\n%s", limit, diff)
		}
	})
}
