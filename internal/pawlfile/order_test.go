package pawlfile_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pawlhq/pawl/internal/pawlfile"
	"github.com/pawlhq/pawl/internal/prop"
)

// Whatever comes after what, and however that is written, tasks stand level by level,
// and circles are refused.
func TestTasksStandInTheOrderOfLevels(t *testing.T) {
	t.Parallel()
	prop.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "tasks")
		parents := make([][]int, n)
		var text, ordering strings.Builder
		text.WriteString("tasks:\n")
		ordering.WriteString("ordering:\n")
		for i := range n {
			fmt.Fprintf(&text, "  t%d:\n    nop:\n", i)
			parents[i] = rapid.SliceOfNDistinct(rapid.IntRange(0, n-1), 0, 2, rapid.ID).Draw(t, "parents")
			to := &ordering
			indent := fmt.Sprintf("  t%d", i)
			if rapid.Bool().Draw(t, "at the task") {
				to, indent = &text, "    parents"
			}
			var names []string
			for _, p := range parents[i] {
				names = append(names, fmt.Sprintf("t%d", p))
			}
			fmt.Fprintf(to, "%s: [%s]\n", indent, strings.Join(names, ", "))
		}
		if ordering.Len() > len("ordering:\n") {
			text.WriteString(ordering.String())
		}
		level, sound := levels(parents)
		d, err := pawlfile.Load(folder("p.pawl.yaml", text.String()), "p.pawl.yaml")
		if (err == nil) != sound {
			t.Fatalf("%s\n%v", text.String(), err)
		}
		if err != nil {
			return
		}
		before := 0
		for at, child := range d.Workflow.Root.Children {
			var i int
			_, _ = fmt.Sscanf(child.Name, "+t%d", &i)
			if level[i] < before {
				t.Fatalf("%s is of level %d, after one of %d\n%s", child.Name, level[i], before, text.String())
			}
			before = level[i]
			if len(child.After) != len(parents[i]) {
				t.Fatalf("%s comes after %v, not %v", child.Name, child.After, parents[i])
			}
			for _, e := range child.After {
				if e.From >= at {
					t.Fatalf("%s comes after what stands behind it", child.Name)
				}
			}
		}
	})
}

// levels is the obvious way: a task is one level above the highest of its parents.
func levels(parents [][]int) (level []int, sound bool) {
	level = make([]int, len(parents))
	for range len(parents) + 1 {
		changed := false
		for i, list := range parents {
			for _, p := range list {
				if level[i] < level[p]+1 {
					level[i], changed = level[p]+1, true
				}
			}
		}
		if !changed {
			return level, true
		}
	}
	return nil, false
}
