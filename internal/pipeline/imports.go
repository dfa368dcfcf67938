package pipeline

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/source/notebook"
	"github.com/pawlhq/pawl/internal/source/python"
)

// trackImports notes which local modules each task uses.
func (l *loader) trackImports() {
	direct := map[string][]string{} // what a file imports
	defer func() { l.files.reader = whole }()
	for i, d := range l.drafts {
		l.files.reader = i
		var start []string
		switch {
		case d.code.notebook != nil:
			start = l.notebookImports(d.code.notebook)
		case d.class.reading == readFunction && d.code.function.File != "":
			start = l.importsOf(direct, d.code.function.File, moduleOf(d.code.task.Source.Dotted))
		}
		list := l.reachable(direct, start, d.code.function.File)
		digest := l.digest(list)
		for _, t := range d.tasks {
			t.Imports, t.ImportsDigest = list, digest
		}
	}
}

func (l *loader) notebookImports(nb *notebook.Notebook) []string {
	var found []string
	for _, cell := range nb.Cells {
		if cell.Kind == notebook.Code && nb.Language() == "python" {
			found = append(found, l.resolveImports(python.Imports(cell.Text), "", "")...)
		}
	}
	return found
}

// importsOf returns the local modules that a module imports.
func (l *loader) importsOf(direct map[string][]string, file, module string) []string {
	if found, ok := direct[file]; ok {
		return found
	}
	text, err := l.files.read(file)
	if err != nil {
		return nil
	}
	found := l.resolveImports(python.Imports(text), module, file)
	direct[file] = found
	return found
}

// resolveImports returns the names of those modules that are local, with the
// packages that they are in.
func (l *loader) resolveImports(list []python.Import, module, file string) []string {
	var names []string
	add := func(name string) {
		for i := 0; i <= len(name); i++ {
			if i == len(name) || name[i] == '.' {
				if part := name[:i]; part != "" && l.isLocal(l.modules.find(part)) {
					names = append(names, part)
				}
			}
		}
	}
	for _, i := range list {
		name := absolute(module, file, i.Module)
		add(name)
		for _, n := range i.Names {
			if name != "" {
				add(name + "." + n)
			}
		}
	}
	return names
}

// isLocal tells a module of the project from one that is installed.
func (l *loader) isLocal(file string) bool {
	return file != "" && !strings.Contains(file, "/site-packages/")
}

// reachable returns the files of all modules that are imported, directly or
// not, but for the one that the task itself is in.
func (l *loader) reachable(direct map[string][]string, start []string, own string) []string {
	files := map[string]bool{}
	todo := slices.Clone(start)
	for len(todo) > 0 {
		name := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		file := l.modules.find(name)
		if files[file] {
			continue
		}
		files[file] = true
		todo = append(todo, l.importsOf(direct, file, name)...)
	}
	delete(files, own)
	return slices.Sorted(maps.Keys(files))
}

// digest returns a digest of the contents of files; "" of none.
func (l *loader) digest(list []string) string {
	if len(list) == 0 {
		return ""
	}
	h := sha256.New()
	for _, file := range list {
		text, err := l.files.read(file)
		if err != nil {
			text = err.Error()
		}
		sum := sha256.Sum256([]byte(text))
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}
