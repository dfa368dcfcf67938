package operator

import "time"

// Again asks for another try of a task that has failed, in the place of its
// policy.
type Again struct {
	// After is how long to wait before.
	After time.Duration
	// Most is how often the task is tried again in all: where it was, the failure
	// counts.
	Most int
}
