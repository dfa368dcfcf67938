package local

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// ofPawl is in all hooks that pawl has made, so that no others are removed.
const ofPawl = "made by `pawl nb --install-hook`"

// ofPloomber is in those that Ploomber has made.
const ofPloomber = "Automatically generated pre-commit hook to remove the injected cell"

const ofPloomberToo = "Automatically generated post-commit hook to add the injected cell"

// hookTexts are the hooks of git by their names. The flags lead to the pipeline.
var hookTexts = map[string]string{
	"pre-commit": `#!/bin/sh
# ` + ofPawl + `: commits have no parameters of tasks
pawl nb%s --remove || exit
git update-index --again
`,
	"post-commit": `#!/bin/sh
# ` + ofPawl + `: puts the parameters of tasks back
pawl nb%s --inject
`,
}

// hookFiles returns the paths of the hooks by their names.
func (o *nbOptions) hookFiles() (map[string]string, error) {
	git := filepath.Join(o.world.Dir, ".git")
	if info, err := os.Stat(git); err != nil || !info.IsDir() {
		return nil, model.Errorf(model.Invalid, "there is no folder .git here").WithHint("go to the root of the repository")
	}
	paths := make(map[string]string, len(hookTexts))
	for name := range hookTexts {
		paths[name] = filepath.Join(git, "hooks", name)
	}
	return paths, nil
}

// installHooks installs both hooks, or none.
func (o *nbOptions) installHooks() error {
	paths, err := o.hookFiles()
	if err != nil {
		return err
	}
	flags := ""
	if o.pipeline.entry != "" {
		flags = " --entry-point " + console.Quote(o.pipeline.entry)
	}
	for _, name := range []string{"pre-commit", "post-commit"} {
		if _, err := os.Lstat(paths[name]); err == nil {
			return model.Errorf(model.Conflict, "there is a hook %s already", o.shown(paths[name])).
				WithHint("`pawl nb --uninstall-hook` removes one that pawl has made; add `pawl nb` to others by hand")
		}
	}
	for _, name := range []string{"pre-commit", "post-commit"} {
		if err := os.MkdirAll(filepath.Dir(paths[name]), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(paths[name], fmt.Appendf(nil, hookTexts[name], flags), 0o777); err != nil { //nolint:gosec // git executes it
			return err
		}
		if err := o.say("%s: installed", o.shown(paths[name])); err != nil {
			return err
		}
	}
	return nil
}

// removeHooks removes the hooks that pawl or Ploomber has made.
func (o *nbOptions) removeHooks() error {
	paths, err := o.hookFiles()
	if err != nil {
		return err
	}
	for _, name := range []string{"pre-commit", "post-commit"} {
		text, err := os.ReadFile(paths[name])
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if !strings.Contains(string(text), ofPawl) && !strings.Contains(string(text), ofPloomber) && !strings.Contains(string(text), ofPloomberToo) {
			return model.Errorf(model.Conflict, "%s was not made by pawl", o.shown(paths[name])).WithHint("remove it by hand")
		}
		if err := os.Remove(paths[name]); err != nil {
			return err
		}
		if err := o.say("%s: removed", o.shown(paths[name])); err != nil {
			return err
		}
	}
	return nil
}

// viewers is where JupyterLab keeps how it opens files.
const viewers, viewersKey = "@jupyterlab/docmanager-extension:plugin", "defaultViewers"

// notebookTypes are the types of files that jupytext can open as notebooks.
var notebookTypes = []string{"markdown", "myst", "r-markdown", "quarto", "julia", "python", "r"}

func (o *nbOptions) enableClick() error {
	return o.overrides(func(m params.Map) params.Map {
		for _, name := range notebookTypes {
			m = m.SetAt("Jupytext Notebook", viewers, viewersKey, name)
		}
		return m
	})
}

func (o *nbOptions) disableClick() error {
	return o.overrides(func(m params.Map) params.Map {
		m = m.DeleteAt(viewers, viewersKey)
		if left, err := m.MapOr(viewers, params.Map{}); err == nil && left.Len() == 0 {
			m = m.Delete(viewers)
		}
		return m
	})
}

// overrides changes the user's defaults for JupyterLab.
func (o *nbOptions) overrides(change func(params.Map) params.Map) error {
	home, ok := lookup(o.world.Env, "HOME")
	if !ok {
		return model.Errorf(model.Invalid, "HOME is not set, so it can't be told where Jupyter has its configuration")
	}
	path := filepath.Join(home, ".jupyter", "labconfig", "default_setting_overrides.json")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = []byte("{}"), nil
	}
	if err != nil {
		return err
	}
	v, err := params.ParseJSON(text)
	settings, isMap := v.(params.Map)
	if err != nil || !isMap {
		return model.Errorf(model.Invalid, "%s is no JSON object", path).WithHint("repair or remove it")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	if err := os.WriteFile(path, append(params.AppendJSON(nil, change(settings)), '\n'), 0o666); err != nil {
		return err
	}
	return o.say("%s: changed; reload JupyterLab to see it", path)
}
