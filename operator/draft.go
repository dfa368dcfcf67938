package operator

import (
	"errors"
	"io/fs"
	"path"
	"slices"

	"github.com/pawlhq/pawl/internal/params"
)

// Draft is a task as it is written, seen before anything runs: nothing in it is
// evaluated. An operator looks at it to tell early what can't go well, and
// leaves alone what only the run decides.
type Draft struct {
	// Type is the operator's name.
	Type string
	// Local are the task's own keys as they are written. "_command" is what
	// follows the type.
	Local Map
	// Exported are the parameters that tasks around it export, as they are written.
	Exported Map
	// Project has the project's files.
	Project fs.FS
	// Workdir is the folder to work in, as a path in Project. It is empty if
	// only the run decides.
	Workdir string
	// Workflows are the names of the project's workflows.
	Workflows []string
	// Made are the files that tasks of the same workflow make, as paths in Project.
	Made []string

	// Problems are what was found.
	Problems []Problem
	// Calls are the workflow files whose tasks become those of the task, as
	// paths in Project.
	Calls []string
}

// Problem is a mistake in a draft.
type Problem struct {
	// Key is the task's own key that it is about.
	Key string
	// Err says what is wrong.
	Err error
	// Unsure is set where the task may go well all the same.
	Unsure bool
}

// Fail notes that the task can't succeed because of a key.
func (d *Draft) Fail(key string, err error) {
	d.Problems = append(d.Problems, Problem{Key: key, Err: err})
}

// Warn notes that a key is likely not what was meant.
func (d *Draft) Warn(key string, err error) {
	d.Problems = append(d.Problems, Problem{Key: key, Err: err, Unsure: true})
}

// Fixed returns the value of a key, unless it is null or holds an expression.
func (d *Draft) Fixed(key string) (Value, bool) {
	v, _ := d.Local.Get(key)
	return v, v != nil && !params.TemplatedValue(v)
}

// Text returns the text of a key, unless it is none or holds an expression.
func (d *Draft) Text(key string) (string, bool) {
	v, ok := d.Fixed(key)
	if !ok {
		return "", false
	}
	return params.ToString(v)
}

// Read hands the task's own keys to what is going to read them, unless one of
// the given keys holds an expression. Its error is a problem of the first one.
func (d *Draft) Read(read func(Map) error, keys ...string) {
	for _, key := range keys {
		if v, _ := d.Local.Get(key); params.TemplatedValue(v) {
			return
		}
	}
	if err := read(d.Local); err != nil {
		d.Fail(keys[0], err)
	}
}

// Missing tells whether it is certain that the working directory has no such
// file or folder now, and that no task of the workflow makes it.
func (d *Draft) Missing(name string) bool {
	if d.Workdir == "" || path.IsAbs(name) {
		return false
	}
	name = path.Join(d.Workdir, name)
	if !fs.ValidPath(name) || slices.Contains(d.Made, name) {
		return false
	}
	_, err := fs.Stat(d.Project, name)
	return errors.Is(err, fs.ErrNotExist)
}
