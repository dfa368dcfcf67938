package pipeline

import (
	"fmt"
	"strings"

	"github.com/pawlhq/pawl/internal/source/sql"
)

// checkCreated warns where a script seems to make other relations than its
// products are.
func (l *loader) checkCreated(t *Task) {
	created := sql.Created(t.Code)
	names := make([]string, len(created))
	seen := map[sql.Relation]bool{}
	for i, r := range created {
		names[i] = Product{Schema: r.Schema, Name: r.Name}.String()
		seen[r] = true
	}
	missing := ""
	for _, p := range t.Products {
		if !seen[sql.Relation{Schema: fold(p.Schema), Name: fold(p.Name), Kind: p.Kind}] && missing == "" {
			missing = p.Kind + " " + p.String()
		}
	}
	switch {
	case len(created) == 0:
		l.warn(fileError(t.Source.Path, fmt.Errorf("task %q seems to create no table or view", t.Name)))
	case missing != "":
		l.warn(fileError(t.Source.Path, fmt.Errorf("task %q seems not to create its %s, but %s", t.Name, missing, strings.Join(names, ", "))))
	case len(created) != len(t.Products):
		l.warn(fileError(t.Source.Path, fmt.Errorf("task %q seems to create %d relations, but has %d products", t.Name, len(created), len(t.Products))))
	}
}

// fold reads a name as PostgreSQL does: in lower case unless it is quoted.
func fold(name string) string {
	if len(name) > 1 && name[0] == '"' && name[len(name)-1] == '"' {
		return strings.ReplaceAll(name, `"`, "")
	}
	return strings.ToLower(name)
}
