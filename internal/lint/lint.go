// Package lint finds the mistakes in workflows that show before anything runs:
// expressions that are none, operators that do not exist, options that nobody
// reads, and what operators themselves see in their tasks as they are written.
//
// It evaluates nothing and runs nothing. What it can't know it leaves alone.
package lint

import (
	"io/fs"
	"path"
	"slices"
	"time"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/schedule"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// Linter looks at the workflows of a project.
type Linter struct {
	// Project has the project's files, and Root is its name for people.
	Project fs.FS
	Root    string
	// Workflows are those of the project.
	Workflows []*workflow.Workflow
	// Operators are those that tasks can have.
	Operators *operator.Registry
}

// Report is what was found, each list sorted.
type Report struct {
	// Faults make a task fail whenever it runs.
	Faults document.Errors
	// Unknown are operators that do not exist.
	Unknown document.Errors
	// Doubts are likely not what was meant.
	Doubts document.Errors
}

// Check looks at the given workflows and at the files that they call.
func (l *Linter) Check(workflows ...*workflow.Workflow) Report {
	c := checker{linter: l, sources: dig.NewSources(l.Project)}
	for _, w := range l.Workflows {
		c.names = append(c.names, w.Name)
	}
	for _, w := range workflows {
		c.workflow(w.Name+dig.Extension, w)
		c.calendar(w)
	}
	for len(c.called) > 0 {
		file := c.called[0]
		c.called = c.called[1:]
		c.file(file)
	}
	for _, list := range []*document.Errors{&c.report.Faults, &c.report.Unknown, &c.report.Doubts} {
		*list = list.Sorted()
		for _, e := range *list {
			e.File = path.Join(l.Root, e.File)
		}
	}
	return c.report
}

// checker is one look at workflows.
type checker struct {
	linter  *Linter
	sources *dig.Sources
	names   []string // of the project's workflows
	report  Report

	seen   []string // files
	called []string // files that are still to be looked at, more than once perhaps

	current string   // file
	keys    []string // from its top to the current place
}

// file looks at a file that a task calls.
func (c *checker) file(name string) {
	if slices.Contains(c.seen, name) {
		return
	}
	w, warnings, err := dig.LoadFile(c.linter.Project, name)
	if err != nil {
		c.seen = append(c.seen, name)
		if !c.report.Faults.Take(err) {
			c.report.Faults.Add(&document.Error{Pos: document.Pos{File: name}, Message: err.Error()})
		}
		return
	}
	if !slices.Contains(c.names, w.Name) { // else they were told when the project was loaded
		for _, e := range warnings {
			c.report.Doubts.Add(e)
		}
	}
	c.workflow(name, w)
}

func (c *checker) workflow(file string, w *workflow.Workflow) {
	c.seen = append(c.seen, file)
	c.current = file
	c.node(w.Root, ".")
}

// calendar looks at the time zone and the schedule of the current file.
func (c *checker) calendar(w *workflow.Workflow) {
	zone := time.UTC
	var err error
	if w.Zone != "" {
		if zone, err = schedule.ParseZone(w.Zone); err != nil {
			c.fault("timezone", err)
			return
		}
	}
	if w.Schedule.Len() > 0 {
		if _, err := schedule.Parse(w.Schedule, zone); err != nil {
			c.fault("schedule", err)
		}
	}
}

func (c *checker) fault(key string, err error) {
	c.report.Faults.Add(c.at(key).Errorf("%v", err).Hint("%s", model.HintsOf(err)))
}

// within looks at a part of what is looked at now.
func (c *checker) within(key string, look func()) {
	c.keys = append(c.keys, key)
	look()
	c.keys = c.keys[:len(c.keys)-1]
}

// at returns the current place, or one in it.
func (c *checker) at(keys ...string) dig.Place {
	at, _ := c.sources.Find(c.current, append(slices.Clone(c.keys), keys...)...)
	return at
}
