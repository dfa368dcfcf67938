// Package notebooks changes the files of a pipeline's notebooks and scripts: it
// puts the cell with the parameters of a task into them for people who edit them
// outside of a run, takes it out, and writes them in other formats.
//
// It reads and writes files that are the user's, and nothing else: it runs
// nothing and prints nothing.
package notebooks

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/pipeline"
	"github.com/pawlhq/pawl/internal/source/notebook"
)

// File is the source of one task or of several.
type File struct {
	Path  string
	Tasks []*pipeline.Task // in the order of the pipeline
}

// Files returns the notebooks and scripts of a pipeline, in the order in which
// its tasks come to them.
func Files(p *pipeline.Pipeline) []File {
	var files []File
	for _, t := range p.Tasks {
		if t.Class != pipeline.NotebookRunner && t.Class != pipeline.ScriptRunner {
			continue
		}
		i := slices.IndexFunc(files, func(f File) bool { return f.Path == t.Source.Path })
		if i < 0 {
			i = len(files)
			files = append(files, File{Path: t.Source.Path})
		}
		files[i].Tasks = append(files[i].Tasks, t)
	}
	return files
}

// Remove takes injected cells, and those for debugging, out of all files and out
// of those that are paired with them. It returns the paths of what it changed.
func Remove(p *pipeline.Pipeline) (changed []string, err error) {
	for _, f := range Files(p) {
		nb, err := Read(f.Path)
		if err != nil {
			return changed, err
		}
		paths, err := write(f.Path, nb, nb.Remove())
		changed = append(changed, paths...)
		if err != nil {
			return changed, err
		}
	}
	return changed, nil
}

// Read reads the notebook or script in a file.
func Read(path string) (*notebook.Notebook, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return notebook.Read(path, text)
}

// write writes a notebook over the file that another one was read from, and over
// those that are paired with it, and returns the paths of those that it changed.
func write(path string, old, nb *notebook.Notebook) (changed []string, err error) {
	if nb == old {
		return nil, nil
	}
	for _, one := range append([]target{{path, ""}}, pairs(path, nb)...) {
		content, err := nb.Write(one.format)
		if err != nil {
			return changed, err
		}
		if err := replace(one.path, content); err != nil {
			return changed, err
		}
		changed = append(changed, one.path)
	}
	return changed, nil
}

// replace writes a file, which appears whole or not at all.
func replace(path string, content []byte) error {
	mode := os.FileMode(0o666)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return err
		}
	} else if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	temporary := path + ".part"
	err := os.WriteFile(temporary, content, mode)
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		_ = os.Remove(temporary) // the error of writing it is told
	}
	return err
}

// Paired tells whether a file is paired with others by jupytext.
func Paired(path string) (bool, error) {
	nb, err := Read(path)
	return err == nil && len(pairs(path, nb)) > 0, err
}

// target is a file in a format.
type target struct {
	path   string
	format notebook.Format
}

// pairs returns the files that jupytext pairs with a notebook, such as
// notebooks/fit.ipynb for the formats "notebooks//ipynb,py:light".
func pairs(path string, nb *notebook.Notebook) []target {
	v, _ := nb.Metadata().At("jupytext", "formats")
	formats, _ := v.(string)
	stem := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	var list []target
	for _, word := range strings.Split(formats, ",") {
		prefix, format := "", strings.TrimSpace(word)
		if i := strings.LastIndexByte(format, '/'); i >= 0 {
			prefix, format = format[:i+1], format[i+1:]
		}
		suffix, _, _ := strings.Cut(format, ":")
		paired := filepath.Join(filepath.Dir(path), prefix, stem+"."+suffix)
		if suffix != "" && paired != path {
			list = append(list, target{paired, notebook.Format(format)})
		}
	}
	return list
}
