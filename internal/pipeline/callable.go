package pipeline

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/source/python"
)

// callable finds the function that is the source of a task.
func (l *loader) callable(at *document.Node, dotted string) (FunctionInfo, bool) {
	if !isDotted(dotted) {
		l.fail(at.Errorf("the source of a function must be %q, not %q", "module.function", dotted))
		return FunctionInfo{}, false
	}
	if f, ok := l.modules.function(dotted); ok {
		return FunctionInfo{File: f.file, Line: f.Line, Code: f.code(), Doc: f.Doc, Params: signature(f.Params)}, true
	}
	if l.options.Caller == nil {
		l.fail(l.noFunction(at, dotted))
		return FunctionInfo{}, false
	}
	l.volatile = true
	info, err := l.caller().Inspect(l.ctx, dotted)
	if err != nil {
		if l.noteBroken(err) {
			return FunctionInfo{}, false
		}
		if file := l.modules.find(moduleOf(dotted)); file == "" || !l.mentions(file, dotted) {
			l.fail(l.noFunction(at, dotted))
			return FunctionInfo{}, false
		}
		l.take(at, err)
		return FunctionInfo{}, false
	}
	return info, true
}

func signature(list []python.Param) []FunctionParam {
	out := make([]FunctionParam, len(list))
	for i, p := range list {
		variadic := p.Kind == python.VarArgs || p.Kind == python.VarKeywords
		out[i] = FunctionParam{Name: p.Name, HasDefault: p.HasDefault, Variadic: variadic}
	}
	return out
}

func moduleOf(dotted string) string { return dotted[:strings.LastIndexByte(dotted, '.')] }

// noFunction says what is missing of a dotted path.
func (l *loader) noFunction(at *document.Node, dotted string) *document.Error {
	module := moduleOf(dotted)
	name := dotted[len(module)+1:]
	file := l.modules.find(module)
	if file == "" {
		e := at.Errorf("there is no module %q for the function %q", module, dotted)
		return e.Hint("%s", l.moduleHint(dotted, module))
	}
	text, err := l.files.read(file)
	if err != nil {
		return at.Errorf("read %s: %v", file, err)
	}
	known := slices.Sorted(maps.Keys(l.modules.defined(file, text)))
	e := at.Errorf("there is no function %q in %s", name, file)
	return e.Hint("%s", document.DidYouMean(name, known))
}

func (l *loader) moduleHint(dotted, module string) string {
	if found := document.DidYouMean(module, l.modules.names()); found != "" {
		return found
	}
	if pythonSuffix(dotted) != "" && len(dotted)-len(module) <= len(".parquet") && !strings.Contains(module, ".") {
		return "a source is a function module.function, or a file; " + validSuffixes
	}
	return "modules are looked for beside the pipeline, in the working directory, in src and in PYTHONPATH"
}

// mentions tells whether the text of a module has a name anywhere.
func (l *loader) mentions(file, dotted string) bool {
	text, err := l.files.read(file)
	name := dotted[strings.LastIndexByte(dotted, '.')+1:]
	return err == nil && regexp.MustCompile(`\b`+regexp.QuoteMeta(name)+`\b`).MatchString(text)
}

// checkCallable refuses what can't be called because a module that can be read
// does not even mention it. What is not found may be installed.
func (l *loader) checkCallable(at *document.Node, path string) bool {
	if l.described {
		return true // it was there
	}
	dotted := strings.Replace(path, "::", ".", 1)
	file := l.modules.find(moduleOf(dotted))
	if file == "" || l.mentions(file, dotted) {
		return true
	}
	l.fail(l.noFunction(at, dotted))
	return false
}

// checkSignature refuses a function that can't be called with what the task
// gives to it.
func (l *loader) checkSignature(d *draft, t *Task) {
	given := map[string]bool{}
	for name := range t.Params.Keys() {
		given[name] = true
	}
	if t.Serializer == nil {
		given["product"] = true
	}
	if len(t.Upstream) > 0 {
		given["upstream"] = true
	}
	takesAny := false
	var missing []string
	for _, p := range d.code.function.Params {
		switch {
		case p.Variadic:
			takesAny = true
		case !given[p.Name] && !p.HasDefault:
			missing = append(missing, p.Name)
		}
		delete(given, p.Name)
	}
	extra := slices.Sorted(maps.Keys(given))
	if takesAny {
		extra = nil
	}
	if len(missing)+len(extra) == 0 || l.isBroken(d) {
		return
	}
	if len(missing) > 0 {
		l.fail(d.source.Errorf("task %q does not give the function %s its arguments %s", t.Name, t.Source, strings.Join(missing, ", ")).
			Hint("%s", missingHint(missing, t)))
	}
	if len(extra) > 0 {
		l.fail(d.source.Errorf("task %q gives the function %s arguments that it does not take: %s", t.Name, t.Source, strings.Join(extra, ", ")).
			Hint("%s", extraArgumentHint(extra[0], d.code.function.Params, missing)))
	}
}

func missingHint(missing []string, t *Task) string {
	switch {
	case slices.Contains(missing, "upstream"):
		return "it asks for no other task, such as by upstream['name']; else leave upstream out of the function"
	case slices.Contains(missing, "product") && t.Serializer != nil:
		return "what a serializer saves is returned, so such a function has no product"
	}
	return "add them to params"
}

func extraArgumentHint(extra string, list []FunctionParam, missing []string) string {
	names := slices.Clone(missing)
	for _, p := range list {
		names = append(names, p.Name)
	}
	if found := document.DidYouMean(extra, names); found != "" {
		return found
	}
	return "add them to the function"
}
