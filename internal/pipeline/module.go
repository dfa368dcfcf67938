package pipeline

import (
	"path/filepath"
	"strings"

	"github.com/pawlhq/pawl/internal/source/python"
)

// modules finds Python modules and their functions on a search path.
type modules struct {
	files     *files
	path      []string
	found     map[string]string // files of modules; "" for none
	functions map[string]map[string]python.Function
}

func newModules(f *files, path []string) *modules {
	return &modules{files: f, path: path, found: map[string]string{}, functions: map[string]map[string]python.Function{}}
}

// find returns the file of a module, or "" if it is none that is text. As in
// Python, a package beats a module of the same name, and both beat the folders
// that come later.
func (m *modules) find(name string) string {
	if file, ok := m.found[name]; ok {
		return file
	}
	file := ""
	parts := strings.ReplaceAll(name, ".", "/")
	for _, dir := range m.path {
		if file = m.in(dir, parts); file != "" {
			break
		}
	}
	m.found[name] = file
	return file
}

func (m *modules) in(dir, parts string) string {
	for _, file := range []string{filepath.Join(dir, parts, "__init__.py"), filepath.Join(dir, parts+".py")} {
		if m.files.isFile(file) {
			return m.files.resolve(file)
		}
	}
	return ""
}

// located is a function with the module that defines it.
type located struct {
	python.Function
	file string
	text string // of the module
}

// code returns the text of the function.
func (f located) code() string { return f.text[f.Start:f.End] }

// function finds what defines "module.function", through imports too.
func (m *modules) function(dotted string) (located, bool) {
	return m.follow(dotted, levels)
}

func (m *modules) follow(dotted string, depth int) (located, bool) {
	i := strings.LastIndexByte(dotted, '.')
	if i < 0 || depth == 0 {
		return located{}, false
	}
	module, name := dotted[:i], dotted[i+1:]
	file := m.find(module)
	if file == "" {
		return located{}, false
	}
	text, err := m.files.read(file)
	if err != nil {
		return located{}, false
	}
	if f, ok := m.defined(file, text)[name]; ok {
		return located{f, file, text}, true
	}
	for _, imported := range python.Imports(text) {
		for _, n := range imported.Names {
			if n == name {
				return m.follow(absolute(module, file, imported.Module)+"."+name, depth-1)
			}
		}
	}
	return located{}, false
}

// defined returns the functions of a module by name. The last one counts.
func (m *modules) defined(file, text string) map[string]python.Function {
	if functions, ok := m.functions[file]; ok {
		return functions
	}
	list := python.Functions(text)
	functions := make(map[string]python.Function, len(list))
	for _, f := range list {
		functions[f.Name] = f
	}
	m.functions[file] = functions
	return functions
}

// absolute returns the name of a module that another one imports.
func absolute(from, file, imported string) string {
	rest := strings.TrimLeft(imported, ".")
	dots := len(imported) - len(rest)
	if dots == 0 {
		return imported
	}
	parts := strings.Split(from, ".")
	if filepath.Base(file) == "__init__.py" {
		dots-- // the package itself is the first level
	}
	parts = parts[:max(0, len(parts)-dots)]
	if rest != "" {
		parts = append(parts, rest)
	}
	return strings.Join(parts, ".")
}

// names returns the modules that stand directly in the search path.
func (m *modules) names() []string {
	var names []string
	for _, dir := range m.path {
		for _, pattern := range []string{"*.py", "*/__init__.py"} {
			found, _ := filepath.Glob(filepath.Join(glob(dir), pattern)) // the pattern is valid
			for _, f := range found {
				rel := strings.TrimPrefix(f, dir+"/")
				names = append(names, strings.TrimSuffix(strings.TrimSuffix(rel, "/__init__.py"), ".py"))
			}
		}
	}
	return names
}
