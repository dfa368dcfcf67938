package flow

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/operator"
)

// call makes its tasks those of the workflow file that its command names.
type call struct{ read ReadFile }

// Run reads the file.
func (c call) Run(_ context.Context, t *operator.Task) (operator.Result, error) {
	file, err := t.Params.String("_command")
	if err != nil {
		return operator.Result{}, err
	}
	if !strings.HasSuffix(file, extension) {
		file += extension
	}
	name, err := inProject(t, file)
	if err != nil {
		return operator.Result{}, err
	}
	config, err := c.read(os.DirFS(t.Project), name)
	return operator.Result{Subtasks: config}, err
}

const extension = ".dig"

// inProject returns the slash-separated path in the project of a file that is
// named from the task's working directory.
func inProject(t *operator.Task, file string) (string, error) {
	full := filepath.FromSlash(file)
	if !filepath.IsAbs(full) {
		full = filepath.Join(t.Workdir, full)
	}
	rel, err := filepath.Rel(t.Project, full)
	if err != nil || !filepath.IsLocal(rel) {
		return "", errOutside(file)
	}
	return filepath.ToSlash(rel), nil
}

func errOutside(file string) error {
	return model.Errorf(model.Invalid, "file %s must not be outside of project path", file)
}
