package flow

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// call makes its tasks those of the workflow file that its command names.
type call struct{ files Files }

// Run reads the file.
func (c call) Run(_ context.Context, t *operator.Task) (operator.Result, error) {
	file, err := t.Params.String("_command")
	if err != nil {
		return operator.Result{}, err
	}
	project := os.DirFS(t.Project)
	name, err := called(project, t.Project, t.Workdir, file)
	if err != nil {
		return operator.Result{}, err
	}
	config, err := c.files.Read(project, name)
	// Only a call that a task has made can be one of a circle that has gone round.
	if err == nil && strings.Contains(t.Name, workflow.Generated) {
		err = c.refuseCircle(t, name, config)
	}
	if err == nil && c.files.Fit != nil {
		config, err = c.files.Fit(config, t.Params)
	}
	return operator.Result{Subtasks: config}, err
}

// Extensions of workflow files.
const (
	extension     = ".dig"
	pawlExtension = ".pawl.yaml"
)

// called returns the path in the project of the file that a command names from a
// working directory. Without an extension it is a .dig file, unless there is none but
// a .pawl.yaml file of that name.
func called(project fs.FS, dir, workdir, command string) (string, error) {
	if !strings.HasSuffix(command, pawlExtension) {
		command = strings.TrimSuffix(command, extension) + extension
	}
	name, err := inProject(dir, workdir, command)
	if err != nil {
		return "", err
	}
	return orPawlFile(project, name), nil
}

// orPawlFile is the .pawl.yaml file that is there in the place of a .dig file.
func orPawlFile(project fs.FS, name string) string {
	stem, ok := strings.CutSuffix(name, extension)
	if !ok || isThere(project, name) || !isThere(project, stem+pawlExtension) {
		return name
	}
	return stem + pawlExtension
}

func isThere(project fs.FS, name string) bool {
	_, err := fs.Stat(project, name)
	return err == nil
}

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
