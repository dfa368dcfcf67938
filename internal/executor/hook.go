package executor

import "strings"

// IsHook reports whether a task is, or is below, what runs because something
// else failed or was late: it is never taken over from an earlier run.
func IsHook(name string) bool {
	for _, hook := range []string{"^error", "^failure-alert", "^sla"} {
		i := strings.Index(name, hook)
		if i < 0 {
			continue
		}
		if rest := name[i+len(hook):]; rest == "" || rest[0] == '+' || rest[0] == '^' {
			return true
		}
	}
	return false
}
