package memo

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/source/python"
)

// isNothing reports whether an error means that a path leads nowhere, as one below a file.
func isNothing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// isFile reports whether a path leads to a file.
func isFile(path string) (bool, error) {
	info, err := os.Stat(path)
	if isNothing(err) {
		return false, nil
	}
	return err == nil && info.Mode().IsRegular(), err
}

// readFile returns the content of a file, and whether it is there.
func readFile(path string) (string, bool, error) {
	if is, err := isFile(path); !is {
		return "", false, err
	}
	text, err := os.ReadFile(path)
	return string(text), err == nil, err
}

// fileDigest returns the hash of the content of a file, and whether it is there.
func fileDigest(path string) (text string, found bool, err error) {
	if is, err := isFile(path); !is {
		return "", false, err
	}
	file, err := os.Open(path)
	if err != nil {
		return "", false, err
	}
	sum := sha256.New()
	_, err = io.Copy(sum, file)
	return hex.EncodeToString(sum.Sum(nil)), true, errors.Join(err, file.Close())
}

// module is a file of Python code below the folder of a project.
type module struct{ name, path, text string }

// findModule returns the module of a dotted name; nil if it is elsewhere.
func findModule(dir, name string) (*module, error) {
	if name == "" || strings.Contains(name, "..") || strings.ContainsAny(name, `/\`) {
		return nil, nil
	}
	base := filepath.Join(dir, filepath.Join(strings.Split(name, ".")...))
	for _, path := range []string{base + ".py", filepath.Join(base, "__init__.py")} {
		text, found, err := readFile(path)
		if err != nil || found {
			return &module{name, path, text}, err
		}
	}
	return nil, nil
}

// pythonCode returns the code of a function "module.name", and what it takes: its own
// text and that of what it may use, of its module and of those of the project that
// this imports. What is nothing but form does not count. ok is false where the function is
// not below the folder, or takes whatever there is.
func pythonCode(dir, dotted string) (parts Parts, takes []string, all, ok bool, err error) {
	i := strings.LastIndexByte(dotted, '.')
	if i < 0 {
		return nil, nil, false, false, nil
	}
	m, err := findModule(dir, dotted[:i])
	if err == nil && m == nil {
		return methodCode(dir, dotted[:i])
	}
	if err != nil {
		return nil, nil, false, false, err
	}
	functions := python.Functions(m.text)
	f := last(functions, dotted[i+1:])
	if f == nil {
		return nil, nil, false, false, nil
	}
	parts = Parts{"module": python.Normalize(m.without(functions))}
	for _, used := range m.used(f, functions) {
		parts["function:"+used.Name] = python.Normalize(used.Source(m.text))
	}
	if err := imported(dir, m, parts, map[string]bool{m.path: true}); err != nil {
		return nil, nil, false, false, err
	}
	all = readsAll(parts)
	for _, p := range f.Params {
		if p.Kind == python.VarArgs || p.Kind == python.VarKeywords {
			all = true
			continue
		}
		takes = append(takes, p.Name)
	}
	return parts, takes, all, true, nil
}

// methodCode returns the code of a class "module.name", of which a method is run: all of
// its module, as it may come from others there.
func methodCode(dir, dotted string) (parts Parts, takes []string, all, ok bool, err error) {
	i := strings.LastIndexByte(dotted, '.')
	if i < 0 {
		return nil, nil, false, false, nil
	}
	m, err := findModule(dir, dotted[:i])
	if err != nil || m == nil {
		return nil, nil, false, false, err
	}
	class := regexp.MustCompile(`(?m)^class\s+` + regexp.QuoteMeta(dotted[i+1:]) + `\s*[(:\[]`)
	if !class.MatchString(m.text) {
		return nil, nil, false, false, nil
	}
	parts = Parts{"module": python.Normalize(m.text)}
	err = imported(dir, m, parts, map[string]bool{m.path: true})
	return parts, nil, true, err == nil, err
}

// readsAll reports whether code may get at parameters that its function does not take:
// by digdag.env.params.
func readsAll(parts Parts) bool {
	said, read := false, false
	for _, text := range parts {
		said = said || strings.Contains(text, "digdag")
		read = read || paramsOf.MatchString(text)
	}
	return said && read
}

var paramsOf = regexp.MustCompile(`\.[\s\x1f]*params\b|import\b.*\bparams\b`)

func last(functions []python.Function, name string) *python.Function {
	for _, f := range slices.Backward(functions) {
		if f.Name == name {
			return &f
		}
	}
	return nil
}

// without returns the text of a module without its functions.
func (m *module) without(functions []python.Function) string {
	var rest strings.Builder
	at := 0
	for _, f := range functions {
		rest.WriteString(m.text[at:f.Start])
		at = f.End
	}
	rest.WriteString(m.text[at:])
	return rest.String()
}

var word = regexp.MustCompile(`[\pL_][\pL\pN_]*`)

// used returns a function with those of its module that it may call: what is named in
// its text, or outside of functions, and what those name.
func (m *module) used(f *python.Function, functions []python.Function) (list []*python.Function) {
	known := make(map[string]bool)
	todo := append(word.FindAllString(m.without(functions), -1), f.Name)
	for len(todo) > 0 {
		name := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if known[name] {
			continue
		}
		known[name] = true
		if called := last(functions, name); called != nil {
			list = append(list, called)
			todo = append(todo, word.FindAllString(called.Source(m.text), -1)...)
		}
	}
	return list
}

// imported adds the modules below a folder that one imports, and that those do. The
// packages that they are in are imported before them.
func imported(dir string, m *module, parts Parts, seen map[string]bool) error {
	names := packages(m.name)
	for _, i := range python.Imports(m.text) {
		from := m.absolute(i.Module)
		names = append(append(names, packages(from)...), from)
		for _, n := range i.Names {
			names = append(names, strings.TrimPrefix(from+"."+n, "."))
		}
	}
	for _, name := range names {
		found, err := findModule(dir, name)
		if err != nil {
			return err
		}
		if found == nil || seen[found.path] {
			continue
		}
		seen[found.path] = true
		parts["import:"+name] = python.Normalize(found.text)
		if err := imported(dir, found, parts, seen); err != nil {
			return err
		}
	}
	return nil
}

// packages returns the names of the packages that a module is in.
func packages(name string) (list []string) {
	for i := range name {
		if name[i] == '.' {
			list = append(list, name[:i])
		}
	}
	return list
}

// absolute returns the name of a module as this one imports it.
func (m *module) absolute(name string) string {
	rest := strings.TrimLeft(name, ".")
	dots := len(name) - len(rest)
	if dots == 0 {
		return name
	}
	if filepath.Base(m.path) == "__init__.py" {
		dots-- // the package itself is the first level
	}
	parts := strings.Split(m.name, ".")
	parts = parts[:max(0, len(parts)-dots)]
	if rest != "" {
		parts = append(parts, rest)
	}
	return strings.Join(parts, ".")
}

// isFolder reports whether a path leads to one.
func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// addBelow adds the content of a file, or of all files below a folder, whichever links
// lead there. Above are the folders that it is in: a link back to one of them leads to
// nothing more.
func addBelow(path, name string, above []string, parts Parts) error {
	if !isFolder(path) {
		sum, found, err := fileDigest(path)
		if found {
			parts["file:"+name] = sum
		}
		return err
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil || slices.Contains(above, real) {
		return err
	}
	entries, err := os.ReadDir(real)
	if err != nil {
		return err
	}
	above = append(above[:len(above):len(above)], real)
	for _, e := range entries {
		if err := addBelow(filepath.Join(real, e.Name()), name+"/"+e.Name(), above, parts); err != nil {
			return err
		}
	}
	return nil
}

// addFiles adds the content of files, and of all below folders.
func addFiles(workdir string, paths []string, parts Parts) error {
	for _, written := range paths {
		path := filepath.FromSlash(written)
		if !filepath.IsAbs(path) {
			path = filepath.Join(workdir, path)
		}
		if _, err := os.Stat(path); isNothing(err) {
			return model.Errorf(model.NotFound, "there is no file %s, which its memo names", written)
		}
		if err := addBelow(path, filepath.ToSlash(filepath.Clean(written)), nil, parts); err != nil {
			return fmt.Errorf("files of its memo: %w", err)
		}
	}
	return nil
}
