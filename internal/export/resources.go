package export

import (
	"errors"
	"path"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
)

// resourceTypes are the names that AWS Batch has for resources, by their keys.
var resourceTypes = map[string]string{"vcpus": "VCPU", "memory": "MEMORY", "gpu": "GPU"}

// readResources reads resources by patterns of names of tasks. The first that
// matches counts.
func readResources(n *document.Node) ([]resources, error) {
	if n.Kind() != document.Mapping {
		return nil, n.Errorf("task_resources has resources by patterns of task names, not %s", n.What())
	}
	var list []resources
	for _, entry := range n.Entries() {
		if _, err := path.Match(entry.Key, ""); err != nil {
			return nil, entry.Errorf("%q is no pattern of task names", entry.Key)
		}
		if entry.Value.Kind() != document.Mapping {
			return nil, entry.Value.Errorf("resources are a mapping, not %s", entry.Value.What())
		}
		for _, r := range entry.Value.Entries() {
			if resourceTypes[r.Key] == "" {
				return nil, r.Errorf("there is no resource %q", r.Key).Hint("there are: vcpus, memory (MiB), gpu")
			}
			if v := params.Literal(r.Value.Value()); v == "" || strings.Trim(v, "0123456789.") != "" {
				return nil, r.Value.Errorf("%s is a number, not %s", r.Key, r.Value.What())
			}
		}
		list = append(list, resources{pattern: entry.Key, at: entry, values: entry.Value.Map()})
	}
	return list, nil
}

// Check makes sure that what is said of some tasks is said of some that there are:
// a pattern without any is an error where it was written.
func (e *Environment) Check(tasks []string) error {
	var errs []error
	for _, r := range e.resources {
		if !anyMatches(r.pattern, tasks) {
			errs = append(errs, r.at.Errorf("no task has a name like %q", r.pattern).Hint("%s", document.DidYouMean(r.pattern, tasks)))
		}
	}
	return errors.Join(errs...)
}

func anyMatches(pattern string, names []string) bool {
	for _, name := range names {
		if matches(pattern, name) {
			return true
		}
	}
	return false
}

// matches reports whether a name is like a pattern. One that is none matches
// nothing.
func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// resourcesOf returns what a task gets, as AWS Batch lists it.
func (e *Environment) resourcesOf(task string) []params.Value {
	for _, r := range e.resources {
		if !matches(r.pattern, task) {
			continue
		}
		var list []params.Value
		for key, v := range r.values.All() {
			list = append(list, params.Of("type", resourceTypes[key], "value", params.Literal(v)))
		}
		return list
	}
	return nil
}
