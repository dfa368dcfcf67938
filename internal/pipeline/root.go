package pipeline

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
)

// levels is how many folders are searched upwards, the first one included.
const levels = 6

const setupFile = "setup.py"

// up looks for a file in a folder and those above it.
func (f *files) up(dir, name string) (found string, level int) {
	for level := range levels {
		if f.exists(filepath.Join(dir, name)) {
			return dir, level
		}
		dir = filepath.Dir(dir)
	}
	return "", levels
}

// inPackage returns the files of that name in the packages of a folder:
// src/*/NAME.
func (f *files) inPackage(root, name string) []string {
	var found []string
	f.seen[filepath.Join(root, "src")] = struct{}{}
	packages, _ := filepath.Glob(filepath.Join(glob(root), "src", "*")) // the pattern is valid
	for _, dir := range packages {
		if !strings.HasSuffix(dir, ".egg-info") && f.exists(filepath.Join(dir, name)) {
			found = append(found, filepath.Join(dir, name))
		}
	}
	slices.Sort(found)
	return found
}

// glob returns a pattern that matches nothing but the path.
func glob(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

// root returns the folder of the project that a folder belongs to.
func (f *files) root(dir, name string) (string, error) {
	setup, setupLevel := f.up(dir, setupFile)
	spec, specLevel := f.up(dir, name)
	inSrc := spec != "" && filepath.Base(filepath.Dir(spec)) == "src"
	switch {
	case spec == "/":
		return "", invalid("%s can't be in the root of the file system", name).Hint("put it into a folder")
	case spec == "" && setup == "":
		return "", model.Errorf(model.NotFound, "there is no pipeline: neither %s nor %s is in %s or the folders above it", name, setupFile, dir).
			WithHint("%s", f.otherSuffix(dir, name))
	case setup == "" && inSrc:
		return "", invalid("%s is in a package, but there is no %s", filepath.Join(spec, name), setupFile).
			Hint("add %s, or give the folder %q another name", setupFile, "src")
	case setup == "" || spec != "" && specLevel < setupLevel && !inSrc:
		return spec, nil
	}
	return setup, f.checkPackage(setup, name)
}

func (f *files) checkPackage(setup, name string) error {
	packaged := f.inPackage(setup, name)
	plain := filepath.Join(setup, name)
	switch exists := f.exists(plain); {
	case len(packaged) == 0 && !exists:
		return model.Errorf(model.NotFound, "there is no pipeline: %s is a package, but has no src/*/%s", setup, name).
			WithHint("%s", f.otherSuffix(setup, name))
	case len(packaged) > 0 && exists:
		return invalid("there are two pipelines: %s and %s", packaged[0], plain).
			Hint("move or rename one of them")
	}
	return nil
}

// otherSuffix asks for the usual slip.
func (f *files) otherSuffix(dir, name string) string {
	other := strings.TrimSuffix(name, ".yaml") + ".yml"
	if found, _ := f.up(dir, other); found != "" {
		return "rename " + filepath.Join(found, other) + " to " + name
	}
	return ""
}

// nested returns a warning if there is another project around one.
func (f *files) nested(root, name string) *document.Error {
	other, err := f.root(filepath.Dir(root), name)
	if err != nil {
		return nil
	}
	return invalid("there is another %s around this one, in %s", name, other).
		Hint("put them into one folder, as pipeline.NAME.yaml")
}

// invalid returns a fault that was written nowhere.
func invalid(format string, args ...any) *document.Error {
	return document.Of(nil).Errorf(format, args...)
}
