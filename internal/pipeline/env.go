package pipeline

import (
	"iter"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/source/python"
	"github.com/pawlhq/pawl/internal/template"
)

// env is what the placeholders of a pipeline stand for.
type env struct {
	file     string // the env.yaml; "" if there is none
	here     string
	values   params.Map
	typed    map[string][]Typed        // by the key of the value
	keys     map[string]document.Entry // what users wrote, for positions
	used     map[string]bool
	built    map[string]func() (params.Value, bool) // defaults, by need
	variable func(name string) (string, bool)       // of the environment
}

// Get returns what a placeholder stands for.
func (e *env) Get(name string) (any, bool) {
	if v, ok := e.values.Get(name); ok {
		return inTemplate(v, e.typed[name]), true
	}
	if make, ok := e.built[name]; ok {
		if v, ok := make(); ok {
			e.values = e.values.Set(name, v)
			return v, true
		}
	}
	if name == "env" {
		return environment(e.variable), true
	}
	return nil, false
}

func (e *env) has(name string) bool {
	_, ok := e.Get(name)
	return ok
}

// names are those that could be used.
func (e *env) names() iter.Seq[string] {
	known := maps.Clone(e.built)
	if known == nil {
		known = map[string]func() (params.Value, bool){}
	}
	for name := range e.values.Keys() {
		known[name] = nil
	}
	return maps.Keys(known)
}

// environment is {{env.NAME}}.
type environment func(name string) (string, bool)

// Kind is what messages call it.
func (e environment) Kind() string { return "Environment" }

// Item returns an environment variable.
func (e environment) Item(key any) (any, bool) {
	name, ok := key.(string)
	if !ok {
		return nil, false
	}
	value, ok := e(name)
	return value, ok
}

// missing is the error of the first variable that is not set.
func (e environment) missing(at *document.Node, text string, keys []template.Key) *document.Error {
	for _, key := range keys {
		if _, set := e(key.Name); !set {
			return at.Part(max(strings.Index(text, key.Name), 0), key.Name).Errorf("the environment variable %s is not set", key.Name)
		}
	}
	return nil
}

// defaults returns the placeholders that there always are.
func (l *loader) defaults(here string) map[string]func() (params.Value, bool) {
	repo := sync.OnceValues(func() (Repository, bool) { return l.repository(here) })
	text := func(s string) func() (params.Value, bool) {
		return func() (params.Value, bool) { return s, s != "" }
	}
	return map[string]func() (params.Value, bool){
		"user": text(l.options.User),
		"cwd":  text(l.files.resolve(l.options.Dir)),
		"now": func() (params.Value, bool) {
			l.volatile = true
			return isoformat(l.options.Now), true
		},
		"here": text(here),
		"root": func() (params.Value, bool) {
			root, err := l.files.root(here, defaultName)
			return root, err == nil
		},
		"git":      func() (params.Value, bool) { r, ok := repo(); return r.Location, ok },
		"git_hash": func() (params.Value, bool) { r, ok := repo(); return r.Hash, ok },
	}
}

func (l *loader) repository(dir string) (Repository, bool) {
	if l.options.Git == nil {
		return Repository{}, false
	}
	l.volatile = true
	return l.options.Git(l.ctx, dir)
}

// loadEnv reads the env of a pipeline file, the overrides of the options
// included.
func (l *loader) loadEnv(spec string) {
	here := filepath.Dir(spec)
	file := l.envFile(spec)
	l.env = l.newEnv(file, here)
	if l.errs.Full() {
		return
	}
	entries := l.envEntries(file, here, nil)
	for key, v := range l.options.Env.All() {
		entries = put(entries, document.Entry{Key: key, Value: document.Of(v)})
	}
	l.expandEnv(l.env, entries)
	for _, s := range l.options.Set {
		l.set(s)
	}
}

func (l *loader) newEnv(file, here string) *env {
	e := &env{
		file: file, here: here, variable: l.lookup,
		typed: map[string][]Typed{}, keys: map[string]document.Entry{}, used: map[string]bool{},
	}
	e.built = l.defaults(here)
	e.built["version"] = func() (params.Value, bool) { return l.version(e) }
	return e
}

// envEntries reads an env file with what it imports.
func (l *loader) envEntries(file, here string, stack []string) []document.Entry {
	if file == "" {
		return nil
	}
	doc := l.document(file)
	if doc == nil || doc.IsNull() {
		return nil
	}
	if doc.Kind() != document.Mapping {
		l.fail(doc.Errorf("an env must be a mapping, not %s", doc.What()))
		return nil
	}
	entries := l.checkKeys(doc.Entries(), true)
	meta, rest := without(entries, "meta")
	if meta == nil {
		return rest
	}
	base := l.imported(*meta, file, here, append(stack, file))
	for _, e := range rest {
		base = overlay(base, e)
	}
	return base
}

// imported returns the expanded env that another one imports.
func (l *loader) imported(meta document.Entry, file, here string, stack []string) []document.Entry {
	var from *document.Node
	for _, e := range l.mapping(meta.Value, "meta") {
		if e.Key != "import_from" {
			l.fail(e.Errorf("unknown key %q in meta", e.Key).Hint("an env knows %q only", "import_from"))
			continue
		}
		from = e.Value
	}
	if from == nil {
		return nil
	}
	name, ok := from.Text()
	path := join(here, name)
	switch {
	case !ok:
		l.fail(from.Errorf("import_from must be the path of a file, not %s", from.What()))
		return nil
	case !l.files.isFile(path):
		l.fail(from.Errorf("there is no file %q", path).Hint("%s", l.similar(path)))
		return nil
	case path == file || len(stack) > levels*levels:
		l.fail(from.Errorf("env files import each other"))
		return nil
	}
	other := l.newEnv(path, filepath.Dir(path))
	l.expandEnv(other, l.envEntries(path, other.here, stack))
	var entries []document.Entry
	for key, v := range other.values.All() {
		if entry, ok := other.keys[key]; ok {
			entry.Value = entry.Value.With(v)
			entries = append(entries, entry)
		}
	}
	return entries
}

// checkKeys refuses keys that can't be overridden from a command line.
func (l *loader) checkKeys(entries []document.Entry, top bool) []document.Entry {
	for _, e := range entries {
		switch {
		case strings.Contains(e.Key, "__"):
			l.fail(e.Errorf("a key of an env can't contain two underscores in a row: %q", e.Key))
		case top && strings.HasPrefix(e.Key, "_") && e.Key != "_module":
			l.fail(e.Errorf("a key of an env can't start with an underscore: %q", e.Key).
				Hint("only %q can", "_module"))
		}
		l.checkKeys(e.Value.Entries(), false)
	}
	return entries
}

// expandEnv renders the values of an env from top to bottom. Each may use the
// defaults and what stands before it.
func (l *loader) expandEnv(e *env, entries []document.Entry) {
	for _, entry := range defaultsFirst(entries) {
		isPath := entry.Key == "path"
		v := entry.Value.Replace(func(n *document.Node) (params.Value, bool) { return l.envValue(e, n, isPath) })
		value, typed := l.typedValue(v, nil)
		e.values = e.values.Set(entry.Key, value)
		e.typed[entry.Key] = typed
		e.keys[entry.Key] = entry
	}
}

// defaultsFirst puts defaults that are defined anew where they always are.
func defaultsFirst(entries []document.Entry) []document.Entry {
	var first []document.Entry
	for _, name := range []string{"user", "cwd", "now", "root", "here", "git", "git_hash"} {
		var found *document.Entry
		if found, entries = without(entries, name); found != nil {
			first = append(first, *found)
		}
	}
	return append(first, entries...)
}

// envValue returns what a scalar of an env is.
func (l *loader) envValue(e *env, n *document.Node, isPath bool) (params.Value, bool) {
	text, ok := n.Text()
	switch {
	case !ok && isPath:
		l.fail(n.Errorf("a path must be a text, not %s", n.What()))
		return nil, false
	case !ok:
		return nil, false
	}
	text = l.renderEnv(e, n, text)
	if isPath {
		return l.pathValue(n, text), true
	}
	if v, ok := l.read(n, text); ok {
		return v, true
	}
	return text, true
}

func (l *loader) renderEnv(e *env, n *document.Node, text string) string {
	if !templated(text) {
		return text
	}
	t, err := template.Parse(e.file, text, template.Options{})
	if err != nil {
		l.fail(templateError(n, err))
		return text
	}
	names := t.Variables()
	if len(names) == 0 {
		return text
	}
	for _, name := range names {
		if !e.has(name) {
			l.fail(n.Errorf("the placeholder {{%s}} has no value here", name).
				Hint("a value can use what stands before it, and the placeholders that there always are"))
			return text
		}
		e.used[name] = true
	}
	rendered, err := t.Render(e)
	if err != nil {
		l.fail(templateError(n, err))
		return text
	}
	return rendered
}

// pathValue returns a path as Python writes it, and makes the folder that one
// with a slash at its end asks for.
func (l *loader) pathValue(n *document.Node, text string) string {
	path := text
	if rest, ok := strings.CutPrefix(text, "~"); ok && (rest == "" || rest[0] == '/') {
		if home, ok := l.lookup("HOME"); ok {
			path = home + rest
		}
	}
	if strings.HasSuffix(text, "/") && l.options.Within == "" {
		if err := os.MkdirAll(l.within(path), 0o777); err != nil {
			l.fail(n.Errorf("%v", err))
		}
	}
	return pythonPath(path)
}

// pythonPath writes a path as pathlib does: without empty parts and single dots.
func pythonPath(path string) string {
	var parts []string
	for part := range strings.SplitSeq(path, "/") {
		if part != "" && part != "." {
			parts = append(parts, part)
		}
	}
	clean := strings.Join(parts, "/")
	switch {
	case strings.HasPrefix(path, "/"):
		return "/" + clean
	case clean == "":
		return "."
	}
	return clean
}

// set replaces one value, as --env--a--b does.
func (l *loader) set(s Setting) {
	name := strings.Join(s.Path, ".")
	if _, ok := l.env.values.At(s.Path...); !ok {
		e := invalid("there is no %q in the env to be replaced", name)
		l.fail(e.Hint("%s", document.DidYouMean(name, leaves(l.env.values, ""))))
		return
	}
	v, ok := l.envValue(l.env, document.Of(s.Value), s.Path[0] == "path")
	if !ok {
		v = s.Value
	}
	l.env.values = l.env.values.SetAt(v, s.Path...)
	delete(l.env.typed, s.Path[0])
}

// leaves returns the dotted names of all values of a map.
func leaves(m params.Map, prefix string) (names []string) {
	for key, v := range m.All() {
		if sub, ok := v.(params.Map); ok {
			names = append(names, leaves(sub, prefix+key+".")...)
			continue
		}
		names = append(names, prefix+key)
	}
	return names
}

// warnUnused tells of keys that nothing uses.
func (l *loader) warnUnused() {
	for key := range l.env.values.Keys() {
		if entry, ok := l.env.keys[key]; ok && !l.env.used[key] && l.env.built[key] == nil && key != "_module" {
			l.warn(entry.Errorf("%q is not used in the pipeline", key))
		}
	}
}

// versionLine matches where a package says its version.
var versionLine = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`__version__\s+=\s+(.*)`)
})

// version reads that of the package that _module names.
func (l *loader) version(e *env) (params.Value, bool) {
	v, _ := e.values.Get("_module")
	module, ok := v.(string)
	if !ok {
		return nil, false
	}
	init := filepath.Join(join(l.options.Dir, module), "__init__.py")
	if !l.files.isDir(join(l.options.Dir, module)) {
		init = l.modules.find(module)
	}
	if init == "" {
		return nil, false
	}
	text, err := l.files.read(init)
	if err != nil {
		return nil, false
	}
	m := versionLine().FindStringSubmatch(text)
	if m == nil {
		return nil, false
	}
	return python.Literal(strings.TrimSpace(m[1]))
}
