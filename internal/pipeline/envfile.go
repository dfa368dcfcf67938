package pipeline

import (
	"path/filepath"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
)

// envVariable names the env file.
const envVariable = "PLOOMBER_ENV_FILENAME"

// envFile returns the env file of a pipeline, or "".
func (l *loader) envFile(spec string) string {
	if name, ok := l.lookup(envVariable); ok && name != "" {
		return l.askedEnvFile(name, spec)
	}
	var names []string
	other := "env.yml"
	if name := infix(filepath.Base(spec)); name != "" {
		names = append(names, "env."+name+".yaml")
		other = "env." + name + ".yml"
	}
	for _, name := range append(names, "env.yaml") {
		if found := l.besideOrHere(name, spec); found != "" {
			return found
		}
	}
	if found := l.besideOrHere(other, spec); found != "" {
		l.fail(invalid("the name of an env file ends in .yaml: %s", found).Hint("rename it"))
	}
	return ""
}

func (l *loader) askedEnvFile(name, spec string) string {
	found := l.besideOrHere(name, spec)
	if found == "" {
		l.fail(invalid("the env file %q is neither in the working directory nor beside the pipeline", name).
			Hint("%s", l.similar(filepath.Join(filepath.Dir(spec), name))))
	}
	return found
}

// besideOrHere looks for a file in the working directory, then beside another.
func (l *loader) besideOrHere(name, spec string) string {
	for _, dir := range []string{l.options.Dir, filepath.Dir(spec)} {
		if path := join(dir, name); l.files.exists(path) {
			return l.files.resolve(path)
		}
	}
	return ""
}

// infix returns NAME of pipeline.NAME.yaml.
func infix(name string) string {
	parts := strings.Split(name, ".")
	if len(parts) < 3 {
		return ""
	}
	return parts[1]
}

// without splits the entry of a key off. It leaves the entries as they are.
func without(entries []document.Entry, key string) (found *document.Entry, rest []document.Entry) {
	for i, e := range entries {
		if e.Key == key {
			rest = append(append(rest, entries[:i]...), entries[i+1:]...)
			return &e, rest
		}
	}
	return nil, entries
}

// put replaces an entry or appends it.
func put(entries []document.Entry, e document.Entry) []document.Entry {
	for i := range entries {
		if entries[i].Key == e.Key {
			entries[i].Value = e.Value
			return entries
		}
	}
	return append(entries, e)
}

// overlay is put that merges mappings.
func overlay(entries []document.Entry, e document.Entry) []document.Entry {
	old, _ := without(entries, e.Key)
	if old != nil && old.Value.Kind() == document.Mapping && e.Value.Kind() == document.Mapping {
		e.Value = e.Value.With(old.Value.Map().Merge(e.Value.Map()))
	}
	return put(entries, e)
}
