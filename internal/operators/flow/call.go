package flow

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/workflow"
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
	name, err := inProject(t.Project, t.Workdir, withExtension(file))
	if err != nil {
		return operator.Result{}, err
	}
	config, err := c.read(os.DirFS(t.Project), name)
	// Only a call that a task has made can be one of a circle that has gone round.
	if err == nil && strings.Contains(t.Name, workflow.Generated) {
		err = c.refuseCircle(t, name, config)
	}
	return operator.Result{Subtasks: config}, err
}

// withExtension returns the file that a command names.
func withExtension(command string) string {
	return strings.TrimSuffix(command, extension) + extension
}

const extension = ".dig"

// inProject returns the slash-separated path in the project of a file that is
// named from a working directory.
func inProject(project, workdir, file string) (string, error) {
	full := filepath.FromSlash(file)
	if !filepath.IsAbs(full) {
		full = filepath.Join(workdir, full)
	}
	rel, err := filepath.Rel(project, full)
	if err != nil || !filepath.IsLocal(rel) {
		return "", errOutside(file)
	}
	return filepath.ToSlash(rel), nil
}

func errOutside(file string) error {
	return model.Errorf(model.Invalid, "file %s must not be outside of project path", file)
}
