package flow

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// What the operators see in tasks before they run: each reads the task with the
// functions that read it later.

func checkEcho(d *operator.Draft) {
	d.Read(func(m params.Map) error { _, err := m.String("_command"); return err }, "_command")
}

func checkFail(d *operator.Draft) {
	d.Read(func(m params.Map) error { _, err := m.StringOr("_command", ""); return err }, "_command")
}

func checkStore(d *operator.Draft) {
	d.Read(func(m params.Map) error { _, err := m.ParseMapOr("_command", params.Map{}); return err }, "_command")
	d.Read(func(m params.Map) error { _, err := readReset(m); return err }, "reset")
}

func checkIf(d *operator.Draft) {
	d.Read(func(m params.Map) error { _, err := m.Bool("_command"); return err }, "_command")
	// The bodies are evaluated later and are what they are already.
	if _, _, err := readBranches(d.Local); err != nil {
		d.Fail("_do", err)
	}
}

// checkBody looks at what all operators that repeat their `_do` have.
func checkBody(d *operator.Draft) {
	do, err := d.Local.MapAt("_do")
	if err == nil {
		_, err = do.MapOr("_export", params.Map{})
	}
	if err != nil {
		d.Fail("_do", err)
	}
	d.Read(func(m params.Map) error { _, err := parallel(m); return err }, "_parallel")
}

func checkLoop(d *operator.Draft) {
	checkBody(d)
	d.Read(func(m params.Map) error { _, err := m.Int("_command"); return err }, "_command")
	d.Read(func(m params.Map) error { _, err := m.IntOr("count", 0); return err }, "count")
	key := "_command"
	if d.Local.Has("count") {
		key = "count"
	}
	if n, err := d.Local.Int(key); err == nil && n < 0 {
		d.Warn(key, model.Errorf(model.Invalid, "a loop that is to run %d times runs nothing", n))
	}
}

func checkForEach(d *operator.Draft) {
	checkBody(d)
	config, err := d.Local.ParseMap("_command")
	if err != nil {
		d.Read(func(params.Map) error { return err }, "_command")
		return
	}
	for key, v := range config.All() {
		if params.TemplatedValue(v) {
			continue
		}
		if _, err := config.ParseList(key); err != nil {
			d.Fail("_command", err)
		}
	}
}

func checkForRange(d *operator.Draft) {
	checkBody(d)
	d.Read(func(m params.Map) error {
		config, err := m.ParseMap("_command")
		if err == nil {
			_, _, _, err = readRange(config)
		}
		return err
	}, "_command")
}

func checkWait(d *operator.Draft) {
	d.Read(func(m params.Map) error { _, _, _, err := readWait(m); return err }, "_command", "blocking", "poll_interval")
}

// checkCall looks for the file.
func checkCall(d *operator.Draft) {
	d.Read(func(m params.Map) error { _, err := m.String("_command"); return err }, "_command")
	name, ok := d.Text("_command")
	if !ok || d.Workdir == "" || path.IsAbs(name) {
		return
	}
	if !strings.HasSuffix(name, extension) && !strings.HasSuffix(name, pawlExtension) {
		name += extension
	}
	file := path.Join(d.Workdir, name)
	if fs.ValidPath(file) {
		if other := orPawlFile(d.Project, file); other != file {
			file, name = other, strings.TrimSuffix(name, extension)+pawlExtension
		}
	}
	switch {
	case !fs.ValidPath(file):
		d.Fail("_command", errOutside(name))
	case d.Missing(name):
		err := model.Errorf(model.Invalid, "there is no file %s", file)
		d.Fail("_command", err.WithHint("%s", document.DidYouMean(path.Base(file), files(d.Project, path.Dir(file)))))
	default:
		d.Calls = append(d.Calls, file)
	}
}

// files returns the names of the workflow files in a folder.
func files(project fs.FS, folder string) []string {
	entries, _ := fs.ReadDir(project, folder) // a folder that is not there has none
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), extension) || strings.HasSuffix(e.Name(), pawlExtension) {
			names = append(names, e.Name())
		}
	}
	return names
}

// checkRequire looks for the workflow, if it is one of this project.
func checkRequire(d *operator.Draft) {
	d.Read(func(m params.Map) error { _, err := m.String("_command"); return err }, "_command")
	d.Read(func(m params.Map) error { return readProject(m, new(operator.StartRequest)) }, "project_id", "project_name")
	d.Read(func(m params.Map) error { _, err := rerunOn(m); return err }, "rerun_on")
	d.Read(func(m params.Map) error { _, err := m.BoolOr("ignore_failure", false); return err }, "ignore_failure")
	d.Read(func(m params.Map) error { _, err := m.MapOr("params", params.Map{}); return err }, "params")
	if _, ok := d.Fixed("session_time"); ok {
		d.Read(func(m params.Map) error { _, err := sessionTime(m); return err }, "session_time")
	}
	checkOwnWorkflow(d)
}

// checkOwnWorkflow notes that the command names no workflow of the project, where it
// is to be one of that.
func checkOwnWorkflow(d *operator.Draft) {
	name, ok := d.Text("_command")
	if !ok || d.Local.Has("project_id") || d.Local.Has("project_name") || slices.Contains(d.Workflows, name) {
		return
	}
	d.Fail("_command", model.Errorf(model.Invalid, "there is no workflow %q in the project", name).
		WithHint("%s", document.DidYouMean(name, d.Workflows)))
}
