package server

import (
	"slices"

	"github.com/pawlhq/pawl/internal/store"
)

// gather reads pages until there are as many entries as wanted.
func gather[E any](wanted int, cursor string, read func(store.Page) ([]E, string, error)) ([]E, error) {
	var all []E
	for len(all) < wanted {
		list, next, err := read(store.Page{Limit: min(wanted-len(all), store.MaxLimit), Cursor: cursor})
		if err != nil {
			return nil, err
		}
		if all == nil {
			all = list // most often the only page
		} else {
			all = append(all, list...)
		}
		if next == "" {
			break
		}
		cursor = next
	}
	return all, nil
}

// within lists what is in the projects that the principal sees: read gets nil
// for all of them, else one after the other, which costs as much as there are
// projects and not what is in those of others.
func within[E any](c *call, wanted int, order func(a, b E) int, read func(*store.Project) ([]E, error)) ([]E, error) {
	v := c.visible()
	if v.All {
		return read(nil)
	}
	var all []E
	for _, name := range v.Projects {
		p, err := c.store.ProjectNamed(c.r.Context(), name)
		if missing(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list, err := read(&p)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	slices.SortFunc(all, order)
	return all[:min(wanted, len(all))], nil
}

// projectOf is the id to filter by; 0 for all projects.
func projectOf[ID ~int64](p *store.Project, id func(*store.Project) ID) ID {
	if p == nil {
		return 0
	}
	return id(p)
}
