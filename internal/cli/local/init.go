package local

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/dig"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/pawlfile"
)

type initOptions struct {
	world console.IO
	kind  string
}

func newInit(world console.IO) *cobra.Command {
	o := initOptions{world: world}
	c := &cobra.Command{
		Use: "init DIR", Aliases: []string{"new"}, GroupID: "run",
		Short: "Make a folder with an example workflow",
		Long: "Make a folder with an example workflow. What is in the folder already stays as it is.\n\n" +
			"The types python and ruby need an interpreter; echo, sh and pawl, which is a .pawl.yaml, need nothing.",
		Example: "  pawl init tour\n  pawl init -t python etl",
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return o.run(args[0]) },
	}
	c.Flags().StringVarP(&o.kind, "type", "t", "echo", "kind of `example`: "+strings.Join(exampleKinds(), ", "))
	_ = c.RegisterFlagCompletionFunc("type", cobra.FixedCompletions(exampleKinds(), cobra.ShellCompDirectiveNoFileComp)) // the flag exists
	return c
}

// file is one file of an example.
type file struct {
	name, text string
	mode       os.FileMode
}

const ignored = ".digdag\n.pawl\n*.pyc\n"

// examples are the workflows that init makes: the name of the workflow file is
// that of the folder.
var examples = map[string][]file{
	"echo": {{name: ".dig", text: `timezone: UTC

+setup:
  echo>: start ${session_time}

+disp_current_date:
  echo>: ${moment(session_time).utc().format('YYYY-MM-DD HH:mm:ss Z')}

+repeat:
  for_each>:
    order: [first, second, third]
    animal: [dog, cat]
  _do:
    echo>: ${order} ${animal}
  _parallel: true

+teardown:
  echo>: finish ${session_time}
`}},
	"pawl": {{name: ".pawl.yaml", text: `title: A pipeline
inputs:
  day: {type: date, default: 2026-01-30}
tasks:
  list:
    sh: printf 'first\nsecond\nthird\n' > words.txt
    products: words.txt
  each:
    iterate: [dog, cat]
    echo: ${item} on ${day}
  count:
    sh: echo "$(wc -l < words.txt) words"
    retry: 2
    timeout: 1m
on_failure: {echo: it has failed}
`}},
	"sh": {{name: ".dig", text: `timezone: UTC

+setup:
  sh>: echo start ${session_time}

+scripts:
  _parallel: true

  +count:
    sh>: tasks/count.sh

  +date:
    sh>: echo "today is ${session_date}"

+teardown:
  sh>: echo finish ${session_time}
`}, {name: "tasks/count.sh", mode: 0o755, text: `#!/bin/sh
# Parameters of the workflow are in the environment.
echo "counting on $session_date:"
for i in 1 2 3; do
	echo "$i"
done
`}},
	"python": {{name: ".dig", text: `timezone: UTC

+setup:
  echo>: start ${session_time}

+collect:
  py>: tasks.Example.collect
  day: ${session_date}

+report:
  echo>: collected ${rows} rows of ${day_collected}

+many:
  py>: tasks.make_tasks
`}, {name: "tasks/__init__.py", text: `import digdag


class Example(object):
    def collect(self, day):
        print("collecting", day)
        digdag.env.store({"rows": 3, "day_collected": day})


def make_tasks():
    for i in range(3):
        digdag.env.add_subtask(one_task, number=i)


def one_task(number):
    print("task number", number)
`}},
	"ruby": {{name: ".dig", text: `timezone: UTC

_export:
  rb:
    require: tasks/example

+setup:
  echo>: start ${session_time}

+collect:
  rb>: Example.collect
  day: ${session_date}

+report:
  echo>: collected ${rows} rows
`}, {name: "tasks/example.rb", text: `class Example
  def collect(day)
    puts "collecting #{day}"
    Digdag.env.store(rows: 3)
  end
end
`}},
}

func exampleKinds() []string {
	return slices.Sorted(maps.Keys(examples))
}

func (o initOptions) run(dir string) error {
	files, ok := examples[o.kind]
	if !ok {
		return model.Errorf(model.Invalid, "there is no example of type %q", o.kind).
			WithHint("there are: %s", strings.Join(exampleKinds(), ", "))
	}
	path := dir
	if !filepath.IsAbs(path) {
		path = filepath.Join(o.world.Dir, path)
	}
	name := filepath.Base(path)
	if strings.ContainsAny(name[:1], "+^@0123456789") {
		return model.Errorf(model.Invalid, "a workflow can't be called %q: its name would start with %q", name, name[:1])
	}
	made := ""
	for _, f := range append(slices.Clone(files), file{name: ".gitignore", text: ignored}) {
		if f.name == dig.Extension || f.name == pawlfile.Extension {
			f.name = name + f.name
			made = f.name
		}
		if err := o.create(path, dir, f); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(o.world.Stdout, "Done. Next:\n\n    cd %s\n    pawl run %s\n", dir, made)
	return err
}

// create writes a file unless it exists.
func (o initOptions) create(root, shown string, f file) error {
	path := filepath.Join(root, filepath.FromSlash(f.name))
	shown = filepath.Join(shown, filepath.FromSlash(f.name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if f.mode == 0 {
		f.mode = 0o644
	}
	w, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, f.mode)
	if errors.Is(err, fs.ErrExist) {
		_, err = fmt.Fprintf(o.world.Stdout, "%s exists already: left as it is\n", shown)
		return err
	}
	if err != nil {
		return err
	}
	_, err = w.WriteString(f.text)
	if err := errors.Join(err, w.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.world.Stdout, "Creating %s\n", shown)
	return err
}
