package flow

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// refuseCircle refuses a file that calls itself again, at once or by way of
// others, where nothing in the circle chooses whether it does: it would go on
// without end. A circle with a choice in it may end.
func (c call) refuseCircle(t *operator.Task, file string, config params.Map) error {
	s := search{call: c, project: t.Project, goal: file, seen: make(map[string]bool)}
	if !s.below(config, t.Workdir) {
		return nil
	}
	slices.Reverse(s.way)
	return model.Errorf(model.Invalid, "%s calls itself without end: %s", file, strings.Join(append([]string{file}, s.way...), " calls ")).
		WithHint("put the call> below an if> that ends it")
}

// search looks for the way from a file back to it.
type search struct {
	call
	project string
	goal    string
	seen    map[string]bool
	way     []string // from the goal backwards
}

// below looks at the tasks of a group that works in a folder. Each of them runs
// unless one fails.
func (s *search) below(group params.Map, workdir string) bool {
	workdir, ok := s.moved(group, workdir)
	if !ok {
		return false
	}
	for key, v := range group.All() {
		task, ok := v.(params.Map)
		if !ok || !strings.HasPrefix(key, "+") || task.Has("_disable") || task.Has("_workdir") {
			continue
		}
		if file, calls := task.Get("call>"); calls {
			if s.from(file, workdir) {
				return true
			}
		} else if s.below(task, workdir) {
			return true
		}
	}
	return false
}

// moved returns the folder that a group works in, given that of what is around
// it. It is false where only the run decides.
func (s *search) moved(group params.Map, workdir string) (string, bool) {
	v, ok := group.At("_export", "_workdir")
	if !ok {
		return workdir, true
	}
	text, ok := v.(string)
	if !ok || params.TemplatedValue(text) {
		return "", false
	}
	if !filepath.IsAbs(text) {
		text = filepath.Join(s.project, filepath.FromSlash(text))
	}
	return text, true
}

// from looks at a file that is called from a folder. What only the run decides,
// or reports, leads nowhere.
func (s *search) from(command params.Value, workdir string) bool {
	text, ok := command.(string)
	if !ok || params.TemplatedValue(text) {
		return false
	}
	project := os.DirFS(s.project)
	file, err := called(project, s.project, workdir, text)
	switch {
	case err != nil, s.seen[file]:
		return false
	case file == s.goal:
		s.way = append(s.way, file)
		return true
	}
	s.seen[file] = true
	config, err := s.files.Read(project, file)
	if err != nil || !s.below(config, workdir) {
		return false
	}
	s.way = append(s.way, file)
	return true
}
