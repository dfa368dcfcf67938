package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
)

// New is a new environment.
type New struct {
	Name, Backend, Preset string
	// Project names the whole.
	Project string
	// Lock is the lock file that images install, or "".
	Lock string
	// Packaged tells that the project is a Python package.
	Packaged bool
}

// Add returns the text of soopervisor.yaml with a section for a new environment,
// and the files that its folder begins with. What is wrong with the file or the
// new section is an error.
func Add(file string, text []byte, n New) (string, []File, error) {
	if !slices.Contains(Backends(), n.Backend) {
		return "", nil, model.Errorf(model.Invalid, "there is no backend %q", n.Backend).WithHint("there are: %s", strings.Join(Backends(), ", "))
	}
	if n.Preset != "" && n.Backend != "airflow" {
		return "", nil, model.Errorf(model.Invalid, "presets are for airflow, not for %s", n.Backend)
	}
	if !isName(n.Name) {
		return "", nil, model.Errorf(model.Invalid, "an environment can't be called %q", n.Name).WithHint(nameHint)
	}
	root, err := document.Format{Scalars: document.Python}.Parse(file, text)
	if err != nil {
		return "", nil, err
	}
	for _, entry := range root.Entries() {
		if entry.Key == n.Name {
			return "", nil, entry.Errorf("there is an environment %s already", n.Name)
		}
	}
	e := &Environment{Name: n.Name, Backend: n.Backend, Preset: n.Preset}
	b := backends()[n.Backend]
	section := fmt.Sprintf("%s:\n  backend: %s\n", n.Name, n.Backend)
	if n.Preset != "" {
		section += "  preset: " + n.Preset + "\n"
	}
	if b.containers(e) {
		section += b.defaults
	}
	all := joined(string(text), section)
	if made, err := (document.Format{Scalars: document.Python}).Parse(file, []byte(all)); err != nil || len(made.Entries()) != len(root.Entries())+1 {
		return "", nil, model.Errorf(model.Invalid, "%s is not written as a list of sections, one below the other", file).
			WithHint("add this to it:\n%s", section)
	}
	if n.Preset != "" && !slices.Contains(presets, n.Preset) {
		return "", nil, model.Errorf(model.Invalid, "there is no preset %q", n.Preset).WithHint("there are: %s", strings.Join(presets, ", "))
	}
	files := b.starters(e, n.Project)
	if b.containers(e) {
		files = append(files, dockerfile(n.Lock, n.Packaged))
	}
	return all, files, nil
}

// isName reports whether an environment may be called so: what an export makes anew
// is in the folder of that name.
func isName(name string) bool { return name != "" && label(name, "_.-") == name }

const nameHint = "letters, digits, _, . and - make its name, which is that of a folder, too; it begins with one of the first two"

func joined(text, section string) string {
	if strings.TrimSpace(text) == "" {
		return section
	}
	return strings.TrimRight(text, "\n") + "\n\n" + section
}
