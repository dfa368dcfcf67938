package pipeline

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
)

// defaultName is that of the file that is looked for.
const defaultName = "pipeline.yaml"

// entryKind says what an entry point is.
type entryKind uint8

const (
	entryFile    entryKind = iota
	entrySources           // a folder or a pattern of notebooks
	entryFactory           // a function that makes the pipeline
)

// entry is an entry point that was found.
type entry struct {
	kind    entryKind
	path    string   // of the file; the dotted path of a factory
	sources []string // absolute
}

// entry finds what the options ask for.
func (l *loader) entry() (entry, error) {
	if l.options.Made {
		return entry{kind: entryFactory}, nil
	}
	if l.options.Entry == "" {
		return l.discover()
	}
	value := l.options.Entry
	path := l.within(value)
	switch {
	case strings.Contains(value, "*"):
		return l.pattern(path)
	case strings.Contains(value, "::"):
		return l.moduleFile(value)
	case l.files.isDir(path):
		return l.directory(path)
	case l.files.exists(path):
		return entry{path: path}, nil
	case strings.Contains(value, ".") && !isYAML(value):
		return entry{kind: entryFactory, path: value}, nil
	}
	return entry{}, model.Errorf(model.NotFound, "there is no entry point %q", value).WithHint("%s", l.similar(path))
}

// within returns a path that is relative to the working directory.
func (l *loader) within(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(l.options.Dir, path)
}

func isYAML(name string) bool {
	return strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}

// similar asks for a file beside a missing one.
func (l *loader) similar(path string) string {
	if l.files.outside(path) {
		return ""
	}
	found, _ := filepath.Glob(filepath.Join(glob(filepath.Dir(path)), "*")) // the pattern is valid
	names := make([]string, len(found))
	for i, f := range found {
		names[i] = filepath.Base(f)
	}
	return document.DidYouMean(filepath.Base(path), names)
}

// notebookSuffixes are those of sources that a folder may consist of.
var notebookSuffixes = []string{".py", ".R", ".Rmd", ".r", ".ipynb"}

func (l *loader) directory(dir string) (entry, error) {
	var found []string
	for _, suffix := range notebookSuffixes {
		matches, _ := filepath.Glob(filepath.Join(glob(dir), "*"+suffix)) // the pattern is valid
		for _, m := range matches {
			if filepath.Base(m)[0] != '.' && l.files.isFile(m) {
				found = append(found, m)
			}
		}
	}
	return entry{kind: entrySources, sources: found, path: l.options.Dir}, nil
}

func (l *loader) pattern(pattern string) (entry, error) {
	matches, err := l.files.matches(pattern)
	if err != nil {
		return entry{}, invalid("the pattern %q of the entry point is not valid: %v", l.options.Entry, err)
	}
	hidden := strings.HasPrefix(filepath.Base(pattern), ".")
	matches = slices.DeleteFunc(matches, func(m string) bool {
		return strings.HasPrefix(filepath.Base(m), ".") && !hidden || !l.files.isFile(m)
	})
	var errs document.Errors
	for _, m := range matches {
		if !slices.Contains(notebookSuffixes, filepath.Ext(m)) {
			errs.Add(invalid("%s matches the pattern %q, but is no notebook", m, l.options.Entry).
				Hint("the suffix of a notebook is one of %s", strings.Join(notebookSuffixes, " ")))
		}
	}
	return entry{kind: entrySources, sources: matches, path: l.options.Dir}, errs.Err()
}

// moduleFile finds a file inside of a package that can be imported.
func (l *loader) moduleFile(value string) (entry, error) {
	module, file, _ := strings.Cut(value, "::")
	found := l.modules.find(module)
	if found == "" {
		return entry{}, model.Errorf(model.NotFound, "there is no module %q for the entry point %q", module, value)
	}
	path := filepath.Join(filepath.Dir(found), file)
	if !l.files.isFile(path) {
		return entry{}, model.Errorf(model.NotFound, "the module %q has no file %q", module, file).WithHint("%s", l.similar(path))
	}
	return entry{path: path}, nil
}

// discover looks for a pipeline in the usual places.
func (l *loader) discover() (entry, error) {
	name, asked := l.lookup("ENTRY_POINT")
	asked = asked && name != ""
	if asked && !strings.ContainsAny(name, "/*") && strings.Contains(name, ".") && !isYAML(name) &&
		!strings.Contains(name, "::") && !l.files.exists(l.within(name)) {
		return entry{kind: entryFactory, path: name}, nil
	}
	if found, err := l.configured(); found != "" || err != nil {
		return entry{path: found}, err
	}
	switch {
	case !asked:
		name = defaultName
	case strings.Contains(name, "/"):
		return entry{}, invalid("ENTRY_POINT must be the name of a file, not the path %q", name).
			Hint("use --entry-point for paths")
	}
	root, err := l.files.root(l.files.resolve(l.options.Dir), name)
	if err != nil {
		return entry{}, err
	}
	if l.files.exists(filepath.Join(root, setupFile)) {
		if packaged := l.files.inPackage(root, name); len(packaged) > 0 {
			if len(packaged) > 1 {
				l.warn(invalid("%s is in several packages, the first one counts: %s", name, strings.Join(packaged, " ")))
			}
			return entry{path: packaged[0]}, nil
		}
	}
	return entry{path: filepath.Join(root, name)}, nil
}

// configured returns what the nearest setup.cfg says of an entry point.
func (l *loader) configured() (string, error) {
	dir, _ := l.files.up(l.files.resolve(l.options.Dir), "setup.cfg")
	if dir == "" {
		return "", nil
	}
	config := filepath.Join(dir, "setup.cfg")
	content, err := l.files.read(config)
	if err != nil {
		return "", model.Errorf(model.Invalid, "read %s: %w", config, err)
	}
	value := setting(content, "ploomber", "entry-point")
	if value == "" {
		return "", nil
	}
	path := filepath.Join(dir, value)
	if filepath.IsAbs(value) {
		path = value
	}
	if !l.files.isFile(path) {
		return "", invalid("%s names the entry point %q, which does not exist", config, value).Hint("%s", l.similar(path))
	}
	return path, nil
}

// setting reads a value of an INI file.
func setting(content, section, key string) string {
	inside := false
	for line := range strings.Lines(content) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			inside = line == "["+section+"]"
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if colon, after, found := strings.Cut(line, ":"); found && (!ok || len(colon) < len(name)) {
			name, value, ok = colon, after, true
		}
		if inside && ok && strings.EqualFold(strings.TrimSpace(name), key) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
