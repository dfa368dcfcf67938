package product

import "math"

// UpToDate reports whether nothing is to be done for any task, as far as stamps
// and the prints of tasks tell at once. A plan judges the same in the end, and
// may find that so where UpToDate reports false: where tasks are not in the order
// of what they need, and where records have to be read.
func UpToDate(tasks []Task) bool {
	made := make([]float64, len(tasks)) // when the oldest product of each was
	for i := range tasks {
		t := &tasks[i]
		if t.Standing != Made || len(t.Products) == 0 {
			return false
		}
		for k := range t.Products {
			at, ok := t.current(&t.Products[k])
			if !ok {
				return false
			}
			if k == 0 || at < made[i] {
				made[i] = at
			}
		}
		for _, u := range t.Upstream {
			if u < 0 || u >= i || made[u] > made[i] {
				return false
			}
		}
	}
	return true
}

// current tells whether a product is what the task would make now, and when it
// was made.
func (t *Task) current(p *Product) (at float64, ok bool) {
	s := &p.Local
	return s.Time, p.Exists && s.State == Stored && s.Timed && !math.IsNaN(s.Time) &&
		(s.Print == t.Whole || s.Print == t.Print) && s.Print != (Print{}) && p.Remote.State == Absent
}
