package operator

import "github.com/pawlhq/pawl/internal/params"

// NeedKind says what kind of thing a task needs.
type NeedKind string

// Kinds of needs.
const (
	// NeedProgram is a program, by its name or path.
	NeedProgram NeedKind = "program"
	// NeedPython is the Python of the project.
	NeedPython NeedKind = "python"
	// NeedPackage is a package of that Python, and NeedKernel a kernel of its Jupyter.
	NeedPackage NeedKind = "package"
	NeedKernel  NeedKind = "kernel"
	// NeedDatabase is a postgres:// address, or the path of a SQLite file. It may refer
	// to secrets.
	NeedDatabase NeedKind = "database"
	// NeedSecret is a secret, by its key.
	NeedSecret NeedKind = "secret"
	// NeedImage is a container of an image.
	NeedImage NeedKind = "image"
)

// Need is something that a task can't do without where it runs.
type Need struct {
	Kind NeedKind
	Name string
	// Or are what does as well, the next best first.
	Or []string
}

// Given returns the value that a key has for the task as far as files say it: its own,
// else what tasks around it export, for its operator or for all. It is nil where there
// is none, or an expression.
func (d *Draft) Given(key string) Value {
	for _, m := range []Map{d.Local, d.defaults(), d.Exported} {
		v, ok := m.Get(key)
		switch {
		case params.TemplatedValue(v):
			return nil
		case ok:
			return v
		}
	}
	return nil
}

// defaults are what tasks around the task export for its operator.
func (d *Draft) defaults() Map {
	v, _ := d.Exported.Get(d.Type)
	m, _ := v.(Map)
	return m
}
