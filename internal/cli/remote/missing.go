package remote

import (
	"context"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/model"
)

// Project returns the project of that name, or a NotFound error with the name
// that may have been meant.
func (r Server) Project(ctx context.Context, name string) (client.Project, error) {
	p, err := r.Client.Project(ctx, name)
	if err == nil || model.CodeOf(err) != model.NotFound {
		return p, err
	}
	var names []string
	list, _ := r.Projects(ctx, "", client.Page{}) // without it there is another hint
	for _, p := range list {
		names = append(names, p.Name)
	}
	return p, console.Suggest(model.Errorf(model.NotFound, "%w", err), name, names, "`pawl projects` lists those that there are")
}

// Workflow returns a workflow as the client does, or a NotFound error with the
// name that may have been meant.
func (r Server) Workflow(ctx context.Context, project client.ID, name, revision string) (client.Workflow, error) {
	w, err := r.Client.Workflow(ctx, project, name, revision)
	if err == nil || model.CodeOf(err) != model.NotFound || revision != "" {
		return w, err
	}
	var names []string
	list, _ := r.ProjectWorkflows(ctx, project) // without it there is another hint
	for _, w := range list {
		names = append(names, w.Name)
	}
	return w, console.Suggest(model.Errorf(model.NotFound, "%w", err), name, names, "`pawl workflows PROJECT` lists those that there are")
}
