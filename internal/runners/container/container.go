// Package container launches programs in containers, by the command line of Docker or
// of another engine that has the same, such as Podman.
package container

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/runners/ending"
	"github.com/pawlhq/pawl/internal/runners/tool"
	"github.com/pawlhq/pawl/runner"
)

// Config says how containers are made.
type Config struct {
	// Program is the command line of the engine: its name on PATH, or its path.
	// Required.
	Program string
	// Image is that of tasks that name none. Empty makes them fail.
	Image string
	// Init puts the engine's own process in front of that of a container, which
	// waits for what others leave there.
	Init bool
	// Network is that of containers. Defaults to the engine's choice.
	Network string
	// Volumes are what containers see of the machine of the engine, as
	// PLACE:PLACE[:ro].
	Volumes []string
	// Options are further ones of the making of containers.
	Options []string
	// Env is the environment of the command line. Containers do not get it.
	Env []string
}

// Launcher launches programs in containers.
type Launcher struct {
	cfg     Config
	engine  tool.Tool
	killers *ending.Killers
}

var _ runner.Launcher = (*Launcher)(nil)

// Open returns a launcher. It is Invalid where there is no such program. Whether the
// engine answers, Check says.
func Open(cfg Config) (*Launcher, error) {
	engine, err := tool.Find(cfg.Program, cfg.Env)
	if err != nil {
		return nil, model.Errorf(model.Invalid, "%w", err).WithHint("install it, or add its folder to PATH")
	}
	return &Launcher{cfg: cfg, engine: engine, killers: ending.New()}, nil
}

// Check asks the engine for an answer.
func (l *Launcher) Check(ctx context.Context) error {
	_, err := l.List(ctx, "")
	return err
}

// label marks containers that are programs of ours.
const label = "pawl.program"

// inputFile is where the input of a program is in its container.
const inputFile = "/pawl-input"

// Launch implements runner.Launcher. The input is copied into the container before
// that begins, so that the engine may be on another machine.
func (l *Launcher) Launch(ctx context.Context, o runner.Order) error {
	args, err := l.creation(&o)
	if err != nil {
		return err
	}
	if _, err = l.engine.Call(ctx, nil, args...); err != nil {
		if !isAny(err, "already in use") {
			return explain(err)
		}
		s, err := l.one(ctx, o.Name)
		if err != nil || s.State != runner.Waiting {
			return err // it was launched before
		}
	}
	input, err := archive(o.Input)
	if err == nil {
		_, err = l.engine.Call(ctx, input, "cp", "-", o.Name+":/")
	}
	if err == nil {
		_, err = l.engine.Call(ctx, nil, "start", o.Name)
	}
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		return l.undo(ctx, o.Name, explain(err))
	}
	return nil
}

// undo removes a container that does not begin.
func (l *Launcher) undo(ctx context.Context, name string, why error) error {
	if err := l.Forget(ctx, name); err != nil {
		return model.Errorf(model.Unavailable, "%w; %w", why, err)
	}
	return why
}

// Options are what a task may say to an engine of containers.
type Options struct {
	// Network comes before that of the settings.
	Network string `json:"network"`
	// Volumes and Options come after those of the settings.
	Volumes []string `json:"volumes"`
	Options []string `json:"options"`
}

// creation returns the arguments that make the container of a program.
func (l *Launcher) creation(o *runner.Order) ([]string, error) {
	var own Options
	if err := o.ReadOptions(&own); err != nil {
		return nil, err
	}
	r := &o.Resources
	image := r.Image
	if image == "" {
		image = l.cfg.Image
	}
	if image == "" {
		return nil, model.Errorf(model.Invalid, "the task names no image, and there is none for all tasks").
			WithHint("set runner.%s.image, or _needs: {image: NAME} in the task", l.name())
	}
	args := []string{"create", "--name=" + o.Name, "--label=" + label + "=" + o.Name, "--label=pawl.task=" + o.Task}
	if l.cfg.Init {
		args = append(args, "--init")
	}
	if network := cmp.Or(own.Network, l.cfg.Network); network != "" {
		args = append(args, "--network="+network)
	}
	for _, v := range slices.Concat(l.cfg.Volumes, own.Volumes) {
		args = append(args, "--volume="+v)
	}
	if r.CPU > 0 {
		args = append(args, "--cpus="+strconv.FormatFloat(float64(r.CPU)/1000, 'f', -1, 64))
	}
	if r.Memory > 0 {
		args = append(args, fmt.Sprintf("--memory=%db", r.Memory))
	}
	if r.GPU > 0 {
		args = append(args, fmt.Sprintf("--gpus=%d", r.GPU))
	}
	args = append(slices.Concat(args, l.cfg.Options, own.Options), "--entrypoint="+o.Command[0], image)
	return append(append(args, o.Command[1:]...), inputFile), nil
}

// name is that of the engine.
func (l *Launcher) name() string { return l.cfg.Program[strings.LastIndexByte(l.cfg.Program, '/')+1:] }

// archive returns the file with the input, as the engine takes it. Whoever a
// container runs as can read it there, and empties it before the task begins.
func archive(input []byte) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: inputFile[1:], Mode: 0o666, Size: int64(len(input))}); err != nil {
		return nil, err
	}
	if _, err := w.Write(input); err != nil {
		return nil, err
	}
	return b.Bytes(), w.Close()
}

// Parts of messages of engines, in lower case.
var (
	// permanent are those of errors that will stay.
	permanent = []string{
		"no such image", "pull access denied", "manifest unknown", "not found", "no such file", "invalid", "unknown flag",
		"could not select device", "denied", "unable to find image", "executable", "bad parameter", "unauthorized",
	}
	// unreachable are those of an engine that does not answer, whatever else it says.
	unreachable = []string{"cannot connect", "connection refused", "timeout", "timed out", "temporary failure", "i/o timeout"}
	absent      = []string{"no such container", "no container with", "no such object"}
	notRunning  = []string{"not running", "can only kill running", "is already in progress"}
)

func isAny(err error, words ...string) bool {
	said := strings.ToLower(tool.Said(err))
	for _, w := range words {
		if strings.Contains(said, w) {
			return true
		}
	}
	return false
}

// explain says whether an error of the engine will stay.
func explain(err error) error {
	if isAny(err, unreachable...) || !isAny(err, permanent...) {
		return model.Errorf(model.Unavailable, "%w", err)
	}
	return model.Errorf(model.Invalid, "%w", err)
}

// Cancel implements runner.Launcher.
func (l *Launcher) Cancel(ctx context.Context, name string) error {
	if _, err := l.engine.Call(ctx, nil, "kill", "--signal=TERM", name); err != nil {
		if isAny(err, absent...) {
			return nil
		}
		if isAny(err, notRunning...) {
			return l.forgo(ctx, name)
		}
		return model.Errorf(model.Unavailable, "%w", err)
	}
	l.killers.See(ending.Program{Kill: func(ctx context.Context) {
		_, _ = l.engine.Call(ctx, nil, "kill", name) // as a rule it has ended
	}})
	return nil
}

// forgo removes a container that has not begun, so that it never does. One that has ended
// stays.
func (l *Launcher) forgo(ctx context.Context, name string) error {
	s, err := l.one(ctx, name)
	if err != nil || s.State != runner.Waiting {
		return err
	}
	return l.Forget(ctx, name)
}

// Forget implements runner.Launcher.
func (l *Launcher) Forget(ctx context.Context, name string) error {
	if _, err := l.engine.Call(ctx, nil, "rm", "--force", "--volumes", name); err != nil && !isAny(err, absent...) {
		return model.Errorf(model.Unavailable, "%w", err)
	}
	return nil
}

// Close implements runner.Launcher.
func (l *Launcher) Close() error {
	l.killers.Close()
	return nil
}
