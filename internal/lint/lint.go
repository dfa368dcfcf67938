// Package lint finds the mistakes in workflows that show before anything runs:
// expressions that are none, operators that do not exist, options that nobody
// reads, and what operators themselves see in their tasks as they are written.
// Of failures it says in the same words where in the files they come from.
//
// It evaluates nothing and runs nothing. What it can't know it leaves alone.
package lint

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/pawlfile"
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
	// Runs, when set, tells of an action's full name whether it is to run. Nil
	// means all.
	Runs func(task string) bool
	// Local is set when the workflows are to run without a server.
	Local bool

	// needs, when set, is told what tasks need.
	needs func(operator.Need, document.Pos)
}

// Report is what was found, each list sorted.
type Report struct {
	// Faults are sure to make a task fail that is sure to be reached, unless one
	// before it fails.
	Faults document.Errors
	// Remote are sure to make a task fail that may not be reached: one in the
	// tasks of a choice or an error, in a called file, or not to be run now.
	Remote document.Errors
	// Unknown are operators that do not exist.
	Unknown document.Errors
	// Slips spoil a run without a failure: directives that are misspelt, which
	// have no effect, and workflows that wait for each other.
	Slips document.Errors
	// Doubts are likely not what was meant.
	Doubts document.Errors
}

// Check looks at the given workflows and at the files that they call.
func (l *Linter) Check(workflows ...*workflow.Workflow) Report {
	c := checker{linter: l, sources: dig.NewSources(l.Project, pawlfile.Sources())}
	for _, w := range l.Workflows {
		c.names = append(c.names, w.Name)
	}
	for _, w := range workflows {
		c.workflow(fileOf(w), w)
		c.calendar(w)
		c.circles(w)
	}
	c.remote++
	for len(c.called) > 0 {
		file := c.called[0]
		c.called = c.called[1:]
		c.file(file)
	}
	c.endless()
	r := &c.report
	for _, list := range []*document.Errors{&r.Faults, &r.Remote, &r.Unknown, &r.Slips, &r.Doubts} {
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

	current string     // file
	made    []string   // files that its tasks make
	keys    []string   // from its top to the current place
	exports params.Map // of what is around the current place
	task    string     // full name of the current one, if somebody says which run
	remote  int        // branches around the current place that may not be taken
	branch  int        // those around the current file
	loops   int        // those around the current place that may have no turn
	edges   []edge     // calls of files
}

// file looks at a file that a task calls.
func (c *checker) file(name string) {
	if slices.Contains(c.seen, name) {
		return
	}
	w, warnings, err := load(c.linter.Project, name)
	if err != nil {
		c.seen = append(c.seen, name)
		if !c.faults().Take(err) {
			c.faults().Add(&document.Error{Pos: document.Pos{File: name}, Message: err.Error()})
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

// load compiles a workflow file.
func load(project fs.FS, name string) (*workflow.Workflow, document.Errors, error) {
	if !strings.HasSuffix(name, pawlfile.Extension) {
		return dig.LoadFile(project, name)
	}
	d, err := pawlfile.Load(project, name)
	if err != nil {
		return nil, nil, err
	}
	return d.Workflow, nil, nil
}

// fileOf returns the file of a workflow of the project.
func fileOf(w *workflow.Workflow) string {
	if w.Dialect == pawlfile.Dialect {
		return w.Name + pawlfile.Extension
	}
	return w.Name + dig.Extension
}

func (c *checker) workflow(file string, w *workflow.Workflow) {
	c.seen = append(c.seen, file)
	c.current, c.branch = file, c.remote
	c.made = made(nil, w.Root)
	c.task, c.exports = "", params.Map{}
	c.node(w.Root, ".")
}

// faults returns the list for what is sure to go wrong at the current place.
func (c *checker) faults() *document.Errors {
	if c.remote > 0 {
		return &c.report.Remote
	}
	return &c.report.Faults
}

// perhaps looks at what may not be reached, if that is so.
func (c *checker) perhaps(so bool, look func()) {
	if so {
		c.remote++
		defer func() { c.remote-- }()
	}
	look()
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
		s, key, err := schedule.Check(w.Schedule, zone)
		switch {
		case err != nil && key != "":
			c.faults().Add(c.at("schedule", key).Errorf("%v", err).Hint("%s", model.HintsOf(err)))
		case err != nil:
			c.fault("schedule", err)
		case !s.First(time.Unix(0, 0)).Session.Before(schedule.Never):
			c.report.Doubts.Add(c.at("schedule").Errorf("the schedule never starts anything: no day is as it says"))
		case s.Doubt != "":
			c.report.Doubts.Add(c.at("schedule").Errorf("%s", s.Doubt))
		}
	}
	if w.SLA.Len() > 0 {
		c.alarm(w)
	}
}

// alarm looks at when the current file wants to be told that it is late.
func (c *checker) alarm(w *workflow.Workflow) {
	key, err := schedule.CheckSLA(w.SLA)
	if err == nil {
		return
	}
	at := c.at("sla")
	if key != "" {
		at = c.at("sla", key)
	}
	c.report.Doubts.Add(at.Errorf("%v", err).Hint("%s", model.HintsOf(err)))
}

func (c *checker) fault(key string, err error) {
	c.faults().Add(c.at(key).Errorf("%v", err).Hint("%s", model.HintsOf(err)))
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
