package cli

import (
	"context"

	"github.com/pawlhq/pawl/internal/client"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
)

// suggest adds to an error the name that was meant, or else where names are.
func suggest(e *model.Error, name string, known []string, where string) error {
	if near := document.DidYouMean(name, known); near != "" {
		return e.WithHint("%s", near)
	}
	return e.WithHint("%s", where)
}

// Project returns the project of that name, or a NotFound error with the name
// that may have been meant.
func (r remote) Project(ctx context.Context, name string) (client.Project, error) {
	p, err := r.Client.Project(ctx, name)
	if err == nil || model.CodeOf(err) != model.NotFound {
		return p, err
	}
	var names []string
	list, _ := r.Projects(ctx, "", client.Page{}) // without it there is another hint
	for _, p := range list {
		names = append(names, p.Name)
	}
	return p, suggest(model.Errorf(model.NotFound, "%w", err), name, names, "`pawl projects` lists those that there are")
}

// Workflow returns a workflow as the client does, or a NotFound error with the
// name that may have been meant.
func (r remote) Workflow(ctx context.Context, project client.ID, name, revision string) (client.Workflow, error) {
	w, err := r.Client.Workflow(ctx, project, name, revision)
	if err == nil || model.CodeOf(err) != model.NotFound || revision != "" {
		return w, err
	}
	var names []string
	list, _ := r.ProjectWorkflows(ctx, project) // without it there is another hint
	for _, w := range list {
		names = append(names, w.Name)
	}
	return w, suggest(model.Errorf(model.NotFound, "%w", err), name, names, "`pawl workflows PROJECT` lists those that there are")
}
