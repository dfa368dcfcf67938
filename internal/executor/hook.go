package executor

import "strings"

// IsHook reports whether a task is, or is below, what runs because something
// else failed, was late or ended: it is never taken over from an earlier run.
func IsHook(name string) bool {
	for _, hook := range []string{"^error", "^failure-alert", "^sla", "^on_render", "^on_finish", "^on_failure"} {
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
