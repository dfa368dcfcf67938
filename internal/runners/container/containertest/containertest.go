//go:build unix

// Package containertest stands in for an engine of containers in tests: it answers calls
// as Docker does, and its containers are processes of this machine.
package containertest

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/runners/process"
	"github.com/pawlhq/pawl/runner"
)

// mark is the file that tells the folder of an engine from others.
const mark = "engine"

// Main makes this process a call of an engine if it was started as one, and does not
// return then. TestMain calls it before anything else.
func Main() {
	home := filepath.Dir(os.Args[0])
	if _, err := os.Stat(filepath.Join(home, mark)); err == nil {
		os.Exit(engine(home, os.Args[1:])) //nolint:forbidigo // in place of the main function of a test
	}
}

// Engine returns the command line of an engine that keeps its containers in an empty
// folder: a program of that name, which is the binary of the test.
func Engine(t testing.TB, name, home string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(home, name)
	if err := os.WriteFile(filepath.Join(home, mark), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, path); err != nil && !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
	return path
}

// engine answers one call. All that it is given is kept, and what it does not know is
// refused.
func engine(home string, args []string) int {
	e := &standIn{home: home}
	var err error
	if e.processes, err = process.Open(process.Config{Dir: filepath.Join(home, "processes"), Env: os.Environ()}); err != nil {
		return 1
	}
	calls := map[string]func([]string) error{
		"create": e.create, "cp": e.copy, "start": e.start, "ps": e.list, "inspect": e.inspect, "kill": e.kill, "rm": e.remove,
	}
	call, ok := calls[args[0]]
	if !ok {
		call = func([]string) error { return errors.New("unknown command") }
	}
	if err := call(args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// Vanishes is the name of a container that is gone when it is looked at.
const Vanishes = "vanishes"

type standIn struct {
	home      string
	processes *process.Launcher
}

// made is a container that was made.
type made struct {
	Name    string
	Command []string
}

func (e *standIn) file(name, kind string) string { return filepath.Join(e.home, name+"."+kind) }

func (e *standIn) read(name string) (m made, err error) {
	text, err := os.ReadFile(e.file(name, "made"))
	if err != nil {
		return m, fmt.Errorf("Error response from daemon: No such container: %s", name) //nolint:staticcheck // as Docker says it
	}
	return m, json.Unmarshal(text, &m)
}

var known = []string{"name", "label", "init", "network", "volume", "cpus", "memory", "gpus", "user", "entrypoint"}

func (e *standIn) create(args []string) error {
	var m made
	all, volumes := args, make(map[string]string)
	for len(args) > 0 && strings.HasPrefix(args[0], "--") {
		key, value, _ := strings.Cut(args[0][2:], "=")
		if !slices.Contains(known, key) {
			return fmt.Errorf("unknown flag: --%s", key)
		}
		switch key {
		case "name":
			m.Name = value
		case "volume":
			if parts := strings.Split(value, ":"); len(parts) > 1 {
				volumes[parts[1]] = parts[0]
			}
		case "entrypoint":
			m.Command = []string{value}
		}
		args = args[1:]
	}
	switch args[0] {
	case "unknown":
		return errors.New("Error response from daemon: No such image: unknown") //nolint:staticcheck // as Docker says it
	case "down":
		return errors.New("Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?") //nolint:staticcheck // as Docker says it
	}
	if at, ok := volumes[m.Command[0]]; ok {
		m.Command[0] = at
	}
	if _, err := e.read(m.Name); err == nil {
		return fmt.Errorf("Error response from daemon: Conflict. The container name %q is already in use", m.Name) //nolint:staticcheck // as Docker says it
	}
	for _, word := range args[1:] {
		if word == "/pawl-input" {
			word = e.file(m.Name, "input")
		}
		m.Command = append(m.Command, word)
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(e.file(m.Name, "made"), text, 0o600),
		os.WriteFile(e.file(m.Name, "args"), []byte("create "+strings.Join(all, " ")), 0o600))
}

func (e *standIn) copy(args []string) error {
	name, ok := strings.CutSuffix(args[1], ":/")
	if args[0] != "-" || !ok {
		return fmt.Errorf("copy %v?", args)
	}
	r := tar.NewReader(os.Stdin)
	if _, err := r.Next(); err != nil {
		return err
	}
	content, err := io.ReadAll(r)
	return errors.Join(err, os.WriteFile(e.file(name, "input"), content, 0o600))
}

func (e *standIn) start(args []string) error {
	m, err := e.read(args[0])
	if err != nil {
		return err
	}
	if strings.HasPrefix(m.Command[0], "/nowhere/") {
		return errors.New("Error response from daemon: exec: \"/nowhere/program\": stat /nowhere/program: no such file or directory") //nolint:staticcheck // as Docker says it
	}
	return e.processes.Launch(context.Background(), runner.Order{Name: m.Name, Command: m.Command})
}

func (e *standIn) status(name string) (state, told string, err error) {
	list, err := e.processes.List(context.Background(), name)
	for _, s := range list {
		switch {
		case s.Name != name:
		case s.State == runner.Running:
			return "running", "Up 2 seconds", nil
		case s.State == runner.Lost:
			return "exited", "Exited (137) 1 second ago", nil
		default:
			return "exited", fmt.Sprintf("Exited (%d) 1 second ago", s.Code), nil
		}
	}
	return "created", "Created", err
}

func (e *standIn) list(args []string) error {
	if want := "--all --no-trunc --filter=label=pawl.program --format={{.Names}}|{{.State}}|{{.Status}}|{{.CreatedAt}}"; strings.Join(args, " ") != want {
		return fmt.Errorf("ps %v?", args)
	}
	all, err := filepath.Glob(e.file("*", "made"))
	for _, file := range all {
		name := strings.TrimSuffix(filepath.Base(file), ".made")
		state, told, err := e.status(name)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(os.Stdout, "%s|%s|%s|%s\n", name, state, told, time.Now().UTC().Format("2006-01-02 15:04:05 -0700 MST")) // to whoever called it
	}
	return err
}

func (e *standIn) inspect(args []string) error {
	var errs []error
	for _, name := range args[1:] {
		if _, err := e.read(name); err != nil || name == Vanishes {
			errs = append(errs, errors.Join(err, fmt.Errorf("Error: No such object: %s", name))) //nolint:staticcheck // as Docker says it
			continue
		}
		_, _ = fmt.Fprintf(os.Stdout, "/%s|false|\n", name) // to whoever called it
	}
	return errors.Join(errs...)
}

func (e *standIn) kill(args []string) error {
	name := args[len(args)-1]
	if _, err := e.read(name); err != nil {
		return err
	}
	if state, _, err := e.status(name); err != nil || state != "running" {
		return errors.Join(err, fmt.Errorf("Error response from daemon: cannot kill container: %s: container is not running", name)) //nolint:staticcheck // as Docker says it
	}
	if args[0] == "--signal=TERM" {
		return e.processes.Cancel(context.Background(), name)
	}
	text, err := os.ReadFile(filepath.Join(e.home, "processes", name, "pid"))
	var pid int
	if _, scanned := fmt.Sscan(string(text), &pid); err != nil || scanned != nil {
		return errors.Join(err, scanned)
	}
	return syscall.Kill(-pid, syscall.SIGKILL)
}

func (e *standIn) remove(args []string) error {
	name := args[len(args)-1]
	if _, err := e.read(name); err != nil {
		return err
	}
	return errors.Join(e.processes.Forget(context.Background(), name), os.Remove(e.file(name, "made")))
}
