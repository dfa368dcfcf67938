package operator

import "slices"

// directives are the keys of a task that are not for its operator.
var directives = []string{
	"_type", "_command", "_export", "_retry", "_error", "_success", "_check", "_parallel", "_secrets", "_env", "_workdir",
	"_background", "_after", "_disable", "_queue", "_needs", "_runner", "_product", "_upstream", "_resources", "_memo", "_log_level",
}

// Known returns the keys that mean something in a task of this operator: those
// that it reads and those that pawl reads.
func (s Spec) Known() []string {
	known := slices.Clone(s.Keys)
	for _, d := range directives {
		if !slices.Contains(known, d) {
			known = append(known, d)
		}
	}
	return known
}

// Unread returns those of a task's own keys that nobody reads, in their order.
func (s Spec) Unread(local Map) []string {
	if s.Keys == nil {
		return nil
	}
	var keys []string
	for key := range local.Keys() {
		if !slices.Contains(directives, key) && !slices.Contains(s.Keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}
