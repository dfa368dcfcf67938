package shell

import (
	"path"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators/command"
	"github.com/pawlhq/pawl/internal/operators/secretref"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// check sees what is wrong with a task as it is written.
func check(d *operator.Draft) {
	d.Read(func(m params.Map) error { _, err := m.String("_command"); return err }, "_command")
	d.Read(func(m params.Map) error { _, err := shellOf(m); return err }, "shell")
	command.CheckEnvironment(d)
	if v, _ := d.Local.Get("_command"); v != nil {
		if err := secretref.Check(params.Literal(v)); err != nil {
			d.Fail("_command", err)
		}
	}
	text, _ := d.Text("_command")
	if file := scriptOf(text); file != "" && d.Missing(file) {
		d.Warn("_command", model.Errorf(model.Invalid, "there is no file %s", path.Join(d.Workdir, file)).
			WithHint("a task that runs before must make it"))
	}
}

// runners are programs whose first argument is a script.
var runners = []string{"sh", "bash", "dash", "zsh", "python", "python3", "ruby", "perl"}

// scriptOf returns the script that a command runs, if it is one plain command
// that shows it: a path, or the first argument of what runs scripts.
func scriptOf(text string) string {
	words, ok := plainWords(text)
	switch {
	case !ok:
		return ""
	case strings.Contains(words[0], "/"):
		return words[0]
	case len(words) > 1 && slices.Contains(runners, words[0]) && !strings.HasPrefix(words[1], "-"):
		return words[1]
	}
	return ""
}
