package script

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators/command"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// checkPython sees what is wrong with a py task as it is written.
func checkPython(d *operator.Draft) {
	checkCall(d, "python")
	if text, ok := d.Text("python_mode"); ok {
		if err := mode(text).check("python_mode"); err != nil {
			d.Fail("python_mode", err)
		}
	}
	if v, _ := d.Local.Get("_command"); v == nil && !d.Local.Has("script") {
		d.Warn("_command", model.Errorf(model.Invalid, "py> needs a value or a script"))
	}
	name, ok := d.Text("_command")
	if !ok || name == "" {
		return
	}
	parts := strings.Split(name, ".")
	if len(parts) == 1 {
		d.Fail("_command", model.Errorf(model.Invalid, "py> needs MODULE.FUNCTION or MODULE.CLASS.METHOD, not %q", name))
		return
	}
	if d.Missing(parts[0]+".py") && d.Missing(parts[0]) {
		warnMissing(d, "_command", "module", parts[0], ".py")
		return
	}
	checkDefined(d, parts)
}

// checkDefined looks for what a py task calls in the module, if that is a file
// of the project.
func checkDefined(d *operator.Draft, parts []string) {
	for i := 1; d.Workdir != "" && i < len(parts); i++ {
		file := strings.Join(parts[:i], "/") + ".py"
		text, err := fs.ReadFile(d.Project, path.Join(d.Workdir, file))
		if err != nil || !d.Missing(strings.TrimSuffix(file, ".py")) {
			continue
		}
		word := regexp.MustCompile(`\b` + regexp.QuoteMeta(parts[i]) + `\b`)
		if word.Match(text) || dynamic().Match(text) {
			return
		}
		var names []string
		for _, m := range defined().FindAllSubmatch(text, -1) {
			names = append(names, string(m[1]))
		}
		d.Warn("_command", model.Errorf(model.Invalid, "there is no %s in %s", parts[i], path.Join(d.Workdir, file)).
			WithHint("%s", document.DidYouMean(parts[i], names)))
		return
	}
}

var (
	// defined finds the names of a module's functions and classes, dynamic what
	// lets it have others.
	defined = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^(?:async +)?(?:def|class) +(\w+)`) })
	dynamic = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`import +\*|__getattr__|globals\(|setattr\(|\bexec\(`)
	})
)

// checkRuby sees what is wrong with an rb task as it is written.
func checkRuby(d *operator.Draft) {
	checkCall(d, "ruby")
	d.Read(func(m params.Map) error { _, err := m.StringOr("require", ""); return err }, "require")
	feature, ok := d.Text("require")
	if ok && feature != "" && d.Missing(strings.TrimSuffix(feature, ".rb")+".rb") {
		warnMissing(d, "require", "file", feature, ".rb")
	}
}

// checkCall looks at what both operators have.
func checkCall(d *operator.Draft, program string) {
	d.Read(func(m params.Map) error { _, err := m.StringOr("_command", ""); return err }, "_command")
	d.Read(func(m params.Map) error { _, err := interpreter(m, program); return err }, program)
	command.CheckEnvironment(d)
}

// warnMissing warns of something that the working directory does not have. It
// may be installed.
func warnMissing(d *operator.Draft, key, what, name, extension string) {
	err := model.Errorf(model.Invalid, "there is no %s %s in the project", what, path.Join(d.Workdir, name))
	hint := "it must be installed, then"
	if near := document.DidYouMean(name, scripts(d, extension)); near != "" {
		hint = near
	}
	d.Warn(key, err.WithHint("%s", hint))
}

// scripts returns the names of the scripts in the working directory, without
// their extension.
func scripts(d *operator.Draft, extension string) []string {
	entries, _ := fs.ReadDir(d.Project, d.Workdir) // a folder that is not there has none
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), extension); ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
