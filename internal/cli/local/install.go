package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/internal/python"
)

type installOptions struct {
	world                           console.IO
	lock, noLock, createEnv, useEnv bool
}

func newInstall(world console.IO) *cobra.Command {
	o := installOptions{world: world}
	c := &cobra.Command{
		Use: "install", GroupID: "run",
		Short: "Install what the project's Python code needs, and write it down exactly",
		Long: "Install what requirements.txt lists, with pip, or environment.yml, with conda, and write down the\n" +
			"exact versions: in requirements.lock.txt or environment.lock.yml, which are installed from next time.\n" +
			"So are requirements.dev.txt and environment.dev.yml.\n\n" +
			"pip installs into the active environment, or else into .venv, which is made where it is not there.\n" +
			"It uses the network as pip and conda are set up to.\n\n" + console.ExitHelp,
		Example: "  pawl install\n  pawl install --no-use-lock",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return o.run(c.Context()) },
	}
	f := c.Flags()
	f.BoolVarP(&o.lock, "use-lock", "l", false, "install exactly what a lock file says, which must be there")
	f.BoolVarP(&o.noLock, "no-use-lock", "L", false, "install anew what is listed, and write the lock files again")
	f.BoolVarP(&o.createEnv, "create-env", "e", false, "make a new environment, even if one is active")
	f.BoolVarP(&o.useEnv, "use-venv", "v", false, "use pip and venv, even if conda is there")
	return c
}

// listing is a file that lists what is needed, and the exact one made of it.
type listing struct{ loose, exact string }

var (
	pipLists   = []listing{{"requirements.txt", "requirements.lock.txt"}, {"requirements.dev.txt", "requirements.dev.lock.txt"}}
	condaLists = []listing{{"environment.yml", "environment.lock.yml"}, {"environment.dev.yml", "environment.dev.lock.yml"}}
)

func (o *installOptions) run(ctx context.Context) error {
	if o.lock && o.noLock {
		return model.Errorf(model.Invalid, "--use-lock and --no-use-lock exclude each other")
	}
	if conda, err := process.Look("conda", o.world.Dir, o.world.Env); err == nil && !o.useEnv && o.has(condaLists) {
		return o.all(ctx, condaLists, o.conda(conda))
	}
	if !o.has(pipLists) {
		return model.Errorf(model.NotFound, "there is nothing to install here: neither requirements.txt nor environment.yml with a conda").
			WithHint("list what the tasks import in requirements.txt, one package a line")
	}
	interpreter, err := o.interpreter(ctx)
	if err != nil {
		return err
	}
	return o.all(ctx, pipLists, o.pip(interpreter))
}

// has reports whether there is one of some files.
func (o *installOptions) has(lists []listing) bool {
	for _, l := range lists {
		if o.exists(l.loose) || o.exists(l.exact) {
			return true
		}
	}
	return false
}

func (o *installOptions) exists(name string) bool {
	_, err := os.Stat(o.world.Path(name))
	return err == nil
}

// installer installs what a file lists, and gives the exact list of what is
// installed.
type installer struct {
	install func(ctx context.Context, file string) error
	exact   func(ctx context.Context) ([]byte, error)
}

// all installs what some files list.
func (o *installOptions) all(ctx context.Context, lists []listing, by installer) error {
	for i, l := range lists {
		if !o.exists(l.loose) && !o.exists(l.exact) {
			continue
		}
		if o.lock && !o.exists(l.exact) {
			if i > 0 {
				continue
			}
			return model.Errorf(model.NotFound, "--use-lock needs %s", l.exact).WithHint("`pawl install` makes it")
		}
		if o.exists(l.exact) && (!o.noLock || !o.exists(l.loose)) {
			if err := by.install(ctx, l.exact); err != nil {
				return err
			}
			continue
		}
		if err := by.install(ctx, l.loose); err != nil {
			return err
		}
		text, err := by.exact(ctx)
		if err != nil {
			return err
		}
		if err := os.WriteFile(o.world.Path(l.exact), text, 0o644); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(o.world.Stderr, "wrote %s\n", l.exact); err != nil {
			return err
		}
	}
	return nil
}

// venv is the folder of an environment that is made.
const venv = ".venv"

// interpreter returns the Python to install for: that of the active environment
// or of the project's, which is made where there is none.
func (o *installOptions) interpreter(ctx context.Context) (string, error) {
	found, err := python.Find(python.Search{Dir: o.world.Dir, Env: o.world.Env})
	if err != nil {
		return "", err
	}
	if !o.createEnv && found.Origin != "PATH" {
		return found.Path, nil
	}
	dir := o.world.Path(venv)
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return "", model.Errorf(model.Conflict, "there is an environment in %s already", venv).WithHint("remove it, or leave out --create-env")
	}
	if err := use(ctx, o.world, o.world.Env, found.Path, "-m", "venv", dir); err != nil {
		return "", err
	}
	made, err := python.Find(python.Search{Option: dir, Dir: o.world.Dir, Env: o.world.Env})
	return made.Path, err
}

func (o *installOptions) pip(interpreter string) installer {
	return installer{
		install: func(ctx context.Context, file string) error {
			return use(ctx, o.world, o.world.Env, interpreter, "-m", "pip", "install", "--disable-pip-version-check", "--requirement", file)
		},
		exact: func(ctx context.Context) ([]byte, error) {
			return o.output(ctx, interpreter, "-m", "pip", "--disable-pip-version-check", "freeze", "--exclude-editable")
		},
	}
}

func (o *installOptions) conda(program string) installer {
	name := filepath.Base(o.world.Dir)
	verb := []string{"env", "update"}
	if o.createEnv {
		verb = []string{"env", "create", "--name", name}
	}
	return installer{
		install: func(ctx context.Context, file string) error {
			return use(ctx, o.world, o.world.Env, program, append(verb, "--file", file)...)
		},
		exact: func(ctx context.Context) ([]byte, error) {
			args := []string{"env", "export", "--no-builds"}
			if o.createEnv {
				args = append(args, "--name", name)
			}
			return o.output(ctx, program, args...)
		},
	}
}

// output returns what a program prints.
func (o *installOptions) output(ctx context.Context, program string, args ...string) ([]byte, error) {
	var b bytes.Buffer
	world := o.world
	world.Stdin, world.Stdout = strings.NewReader(""), &b
	err := use(ctx, world, o.world.Env, program, args...)
	return b.Bytes(), err
}
