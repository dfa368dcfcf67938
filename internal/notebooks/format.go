package notebooks

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/source/notebook"
)

// languages are the suffixes of sources and the languages that they are for.
var languages = map[string]string{".ipynb": "", ".py": "python", ".R": "r", ".r": "r", ".Rmd": "r"}

// Formatted is a file that was written in another format.
type Formatted struct {
	// Old is where it was and Path where it is. They are equal where the format
	// has the same suffix.
	Old, Path string
}

// Reformat writes all notebooks and scripts in a format, such as "py:percent",
// without injected cells. Where the suffix changes, the old file is removed, and
// the source of its tasks is written anew where they are defined; nothing else
// in these files changes. Nothing is written unless all of it can be.
func Reformat(p *pipeline.Pipeline, format notebook.Format) ([]Formatted, error) {
	suffix, _, _ := strings.Cut(string(format), ":")
	suffix = "." + strings.TrimPrefix(suffix, ".")
	language, ok := languages[suffix]
	if !ok {
		return nil, model.Errorf(model.Invalid, "sources can't be in the format %q", format).
			WithHint("use ipynb, py:percent, py:light, R:percent, R:light or Rmd")
	}
	if suffix == ".ipynb" {
		format = "ipynb"
	}
	var done []Formatted
	contents := make(map[string][]byte)
	edits := make(map[string][]edit)
	for _, f := range Files(p) {
		one, content, err := reformatted(f.Path, format, suffix, language)
		if err != nil {
			return nil, err
		}
		if one.Path != one.Old {
			if err := renamed(edits, f, suffix); err != nil {
				return nil, err
			}
		}
		contents[one.Path] = content
		done = append(done, one)
	}
	return done, carryOut(done, contents, edits)
}

// reformatted returns what a file becomes.
func reformatted(path string, format notebook.Format, suffix, language string) (Formatted, []byte, error) {
	nb, err := Read(path)
	if err != nil {
		return Formatted{}, nil, err
	}
	if language != "" && nb.Language() != language {
		return Formatted{}, nil, model.Errorf(model.Invalid, "%s is %s, which has no format %q", path, orText(nb.Language(), "in an unknown language"), format)
	}
	content, err := nb.Remove().Write(format)
	if err != nil {
		return Formatted{}, nil, err
	}
	one := Formatted{path, path}
	if filepath.Ext(path) != suffix {
		one.Path = strings.TrimSuffix(path, filepath.Ext(path)) + suffix
		if _, err := os.Lstat(one.Path); err == nil {
			return Formatted{}, nil, model.Errorf(model.Conflict, "%s is in the way of %s in the format %s", one.Path, path, format)
		}
	}
	return one, content, nil
}

// carryOut writes the new files, then what names them, and removes the old ones.
func carryOut(done []Formatted, contents map[string][]byte, edits map[string][]edit) error {
	for _, one := range done {
		if err := replace(one.Path, contents[one.Path]); err != nil {
			return err
		}
	}
	for path, list := range edits {
		if err := apply(path, list); err != nil {
			return err
		}
	}
	for _, one := range done {
		if one.Path == one.Old {
			continue
		}
		if err := os.Remove(one.Old); err != nil {
			return err
		}
	}
	return nil
}

// edit replaces some bytes of a line of a file.
type edit struct {
	line, at int // from 0
	old, by  string
}

// renamed adds the edits by which the tasks of a file name it with another suffix.
func renamed(edits map[string][]edit, f File, suffix string) error {
	old := filepath.Base(f.Path)
	by := strings.TrimSuffix(old, filepath.Ext(old)) + suffix
	for _, t := range f.Tasks {
		e, err := sourceOf(t, old)
		if err != nil {
			return err
		}
		e.old, e.by = old, by
		if !slices.Contains(edits[t.Pos.File], e) { // tasks of a grid have the same
			edits[t.Pos.File] = append(edits[t.Pos.File], e)
		}
	}
	return nil
}

// sourceOf finds where the definition of a task names its file.
func sourceOf(t *pipeline.Task, name string) (edit, error) {
	byHand := model.Errorf(model.Invalid, "the source of task %q does not stand as %s in a file", t.Name, name).
		WithHint("name its file in a pipeline.yaml, without placeholders for the name")
	text, err := os.ReadFile(t.Pos.File)
	if err != nil || t.Pos.File == t.Source.Path {
		return edit{}, byHand
	}
	root, err := document.Format{Scalars: document.Python}.Parse(t.Pos.File, text)
	if err != nil {
		return edit{}, err
	}
	pos, ok := sourceIn(root, t)
	lines := strings.SplitAfter(string(text), "\n")
	if !ok || pos.Line > len(lines) {
		return edit{}, byHand
	}
	line := lines[pos.Line-1]
	from := len(string([]rune(line)[:min(pos.Column-1, len([]rune(line)))]))
	at := strings.Index(line[from:], name)
	if at < 0 {
		return edit{}, byHand
	}
	return edit{line: pos.Line - 1, at: from + at}, nil
}

// sourceIn returns where the source of a task is written.
func sourceIn(root *document.Node, t *pipeline.Task) (document.Pos, bool) {
	list := root
	for _, e := range root.Entries() {
		if e.Key == "tasks" {
			list = e.Value
		}
	}
	for _, item := range list.Items() {
		if item.Pos() != document.Pos(t.Pos) {
			continue
		}
		if item.Kind() == document.Scalar {
			return item.Pos(), true
		}
		for _, e := range item.Entries() {
			if e.Key == "source" {
				return e.Value.Pos(), true
			}
		}
	}
	return document.Pos{}, false
}

// apply makes the edits of a file.
func apply(path string, list []edit) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	lines := strings.SplitAfter(string(text), "\n")
	slices.SortFunc(list, func(a, b edit) int { return b.at - a.at }) // from the right
	for _, e := range list {
		if e.line >= len(lines) || e.at > len(lines[e.line]) || !strings.HasPrefix(lines[e.line][e.at:], e.old) {
			return fmt.Errorf("%s has changed meanwhile", path)
		}
		lines[e.line] = lines[e.line][:e.at] + e.by + lines[e.line][e.at+len(e.old):]
	}
	return replace(path, []byte(strings.Join(lines, "")))
}

func orText(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
