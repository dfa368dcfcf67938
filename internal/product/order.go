package product

import (
	"fmt"
	"strings"
)

// order returns the tasks so that each comes after those that it needs; nothing
// where that is already the order of the list.
func order(tasks []Task) ([]int32, error) {
	sorted := true
	for i := range tasks {
		for _, u := range tasks[i].Upstream {
			if u < 0 || u >= len(tasks) {
				return nil, fmt.Errorf("task %s needs a task that is not in the list", tasks[i].Name)
			}
			sorted = sorted && u < i
		}
	}
	if sorted {
		return nil, nil
	}
	return sorting(tasks)
}

// sorting takes those tasks first that need none, then those that need only what
// was taken.
func sorting(tasks []Task) ([]int32, error) {
	missing := make([]int32, len(tasks)) // upstream tasks not taken yet
	starts := make([]int32, len(tasks)+1)
	for i := range tasks {
		missing[i] = int32(len(tasks[i].Upstream))
		for _, u := range tasks[i].Upstream {
			starts[u+1]++
		}
	}
	for i := range tasks {
		starts[i+1] += starts[i]
	}
	users := make([]int32, starts[len(tasks)]) // who needs task i: users[starts[i]:starts[i+1]]
	free := append([]int32(nil), starts...)
	taken := make([]int32, 0, len(tasks))
	for i := range tasks {
		for _, u := range tasks[i].Upstream {
			users[free[u]] = int32(i)
			free[u]++
		}
		if missing[i] == 0 {
			taken = append(taken, int32(i))
		}
	}
	for n := 0; n < len(taken); n++ {
		for _, user := range users[starts[taken[n]]:starts[taken[n]+1]] {
			if missing[user]--; missing[user] == 0 {
				taken = append(taken, user)
			}
		}
	}
	if len(taken) < len(tasks) {
		return nil, fmt.Errorf("tasks need each other: %s", cycle(tasks, missing))
	}
	return taken, nil
}

// cycle names tasks that need each other, among those that miss something.
func cycle(tasks []Task, missing []int32) string {
	at := 0
	for missing[at] == 0 {
		at++
	}
	seen := map[int]int{}
	var path []string
	for {
		if first, again := seen[at]; again {
			return strings.Join(append(path[first:], tasks[at].Name), " -> ")
		}
		seen[at] = len(path)
		path = append(path, tasks[at].Name)
		for _, u := range tasks[at].Upstream {
			if missing[u] > 0 {
				at = u
				break
			}
		}
	}
}
