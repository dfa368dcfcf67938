package container

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/runner"
)

// List implements runner.Launcher: by one call for all, and one more for those that
// did not end well.
func (l *Launcher) List(ctx context.Context, prefix string) ([]runner.Status, error) {
	out, err := l.engine.Call(ctx, nil, "ps", "--all", "--no-trunc", "--filter=label="+label,
		"--format={{.Names}}|{{.State}}|{{.Status}}|{{.CreatedAt}}")
	if err != nil {
		return nil, model.Errorf(model.Unavailable, "%w", err)
	}
	var list []runner.Status
	var bad []string
	for line := range strings.Lines(out) {
		s, err := parse(strings.TrimRight(line, "\n"), time.Now())
		if err != nil {
			return nil, err
		}
		if !strings.HasPrefix(s.Name, prefix) {
			continue
		}
		if s.State == runner.Exited && s.Code != 0 {
			bad = append(bad, s.Name)
		}
		list = append(list, s)
	}
	return l.examine(ctx, bad, list)
}

// one returns the status of one container, which is Lost if there is none.
func (l *Launcher) one(ctx context.Context, name string) (runner.Status, error) {
	list, err := l.List(ctx, name)
	for _, s := range list {
		if s.Name == name {
			return s, err
		}
	}
	return runner.Status{Name: name, State: runner.Lost}, err
}

// forsaken is how old a container is that whoever made it will not start any more.
const forsaken = time.Minute

// created is how engines write when a container was made.
const created = "2006-01-02 15:04:05 -0700 MST"

// parse reads a line of the list.
func parse(line string, now time.Time) (s runner.Status, err error) {
	f := strings.Split(line, "|")
	if len(f) != 4 {
		return s, model.Errorf(model.Internal, "the engine says %.80q", line)
	}
	s.Name = f[0]
	switch state := strings.ToLower(f[1]); state {
	case "created", "configured", "initialized":
		s.State = runner.Waiting
		if made, err := time.Parse(created, f[3]); err == nil && now.Sub(made) > forsaken {
			s.State, s.Reason = runner.Lost, "whoever made the container did not start it"
		}
	case "running", "paused", "restarting", "removing", "stopping":
		s.State = runner.Running
	case "exited", "stopped":
		s.State = runner.Exited
		s.Code, err = exitCode(f[2])
	default: // dead, and what other engines have
		s.State, s.Reason = runner.Lost, state
	}
	return s, err
}

// exitCode reads "Exited (3) 5 minutes ago".
func exitCode(text string) (int, error) {
	_, rest, _ := strings.Cut(text, "(")
	digits, _, _ := strings.Cut(rest, ")")
	code, err := strconv.Atoi(digits)
	if err != nil {
		return 0, model.Errorf(model.Internal, "the engine says %.80q", text)
	}
	return code, nil
}

// killed is the exit code of what was killed.
const killed = 128 + 9

// examine returns a list in which containers that did not end well have the reasons
// why. Those that are gone meanwhile, so that nobody knows, are not in it.
func (l *Launcher) examine(ctx context.Context, names []string, list []runner.Status) ([]runner.Status, error) {
	if len(names) == 0 {
		return list, nil
	}
	args := append([]string{"inspect", "--format={{.Name}}|{{.State.OOMKilled}}|{{.State.Error}}"}, names...)
	out, err := l.engine.Call(ctx, nil, args...)
	if err != nil && !isAny(err, absent...) {
		return nil, model.Errorf(model.Unavailable, "%w", err)
	}
	told := make(map[string][]string, len(names))
	for line := range strings.Lines(out) {
		f := strings.SplitN(strings.TrimRight(line, "\n"), "|", 3)
		told[strings.TrimPrefix(f[0], "/")] = append(f[1:], "", "")
	}
	for i := range list {
		s := &list[i]
		f, ok := told[s.Name]
		switch {
		case !ok:
		case f[0] == "true":
			s.State, s.Reason = runner.Failed, "out of memory"
		case s.Code == killed:
			s.State, s.Reason = runner.Lost, "it was killed"
		default:
			s.Reason = f[1]
		}
	}
	return slices.DeleteFunc(list, func(s runner.Status) bool {
		return slices.Contains(names, s.Name) && told[s.Name] == nil
	}), nil
}
