//go:build linux

package chaos

import "github.com/pawlhq/pawl/internal/engine"

// shape is a workflow of testdata/project.
type shape struct {
	workflow string
	ends     engine.AttemptState
	// notes are the full names of the tasks that note that they run.
	notes []string
}

// shapes are the workflows that clients start.
var shapes = []shape{
	{"line", engine.AttemptSuccess, []string{"+line+a", "+line+b", "+line+c"}},
	{"wide", engine.AttemptSuccess, []string{
		"+wide+side+a", "+wide+side+b", "+wide+side+c^sub+loop-0+d", "+wide+side+c^sub+loop-1+d", "+wide+join",
	}},
	{"retried", engine.AttemptSuccess, []string{"+retried+a", "+retried+c"}},
	{"calls", engine.AttemptSuccess, []string{"+calls+a^sub+d", "+calls+c"}},
	{"fails", engine.AttemptFailed, []string{"+fails+a", "+fails^error+told"}},
}

// others are those that schedules and tasks start.
var others = []shape{
	{"needed", engine.AttemptSuccess, []string{"+needed+a"}},
	{"often", engine.AttemptSuccess, []string{"+often+a"}},
	{"yearly", engine.AttemptSuccess, []string{"+yearly+a", "+yearly+b"}},
}

func shapeOf(workflow string) *shape {
	for _, list := range [][]shape{shapes, others} {
		for i := range list {
			if list[i].workflow == workflow {
				return &list[i]
			}
		}
	}
	return nil
}
