package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/runner"
)

// period is that of limits on processors, in microseconds.
const period = 100_000

// checkCgroup refuses a folder below which there can't be groups with limits.
func checkCgroup(cfg *Config) error {
	dir := cfg.Cgroup
	if dir == "" {
		return nil
	}
	given, err := os.ReadFile(filepath.Join(dir, "cgroup.subtree_control"))
	if err != nil {
		return model.Errorf(model.Invalid, "%s is no control group: %w", dir, err).
			WithHint("name a folder below /sys/fs/cgroup that was delegated, as systemd does with Delegate=yes")
	}
	controllers := []string{"cpu", "memory"}
	if cfg.Processes > 0 {
		controllers = append(controllers, "pids")
	}
	for _, controller := range controllers {
		if !slices.Contains(strings.Fields(string(given)), controller) {
			return model.Errorf(model.Invalid, "the control group %s has no controller %s for groups below it", dir, controller).
				WithHint("write +%s to its file cgroup.subtree_control", controller)
		}
	}
	return nil
}

func (l *Launcher) cgroup(name string) string { return filepath.Join(l.cfg.Cgroup, name) }

// confine has a program start in a group that keeps it to its resources. done is
// called once it was started.
func (l *Launcher) confine(a *syscall.SysProcAttr, o *runner.Order) (done func(), err error) {
	if l.cfg.Cgroup == "" {
		return func() {}, nil
	}
	dir := l.cgroup(o.Name)
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make a control group: %w", err)
	}
	for file, value := range limitsOf(&o.Resources, l.cfg.Processes) {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(value), 0o644); err != nil {
			return nil, fmt.Errorf("limit a control group: %w", err)
		}
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	a.UseCgroupFD, a.CgroupFD = true, int(f.Fd())
	return func() { _ = f.Close() }, nil // it was only read
}

// limitsOf returns what the files of a control group are to hold.
func limitsOf(r *runner.Resources, processes int) map[string]string {
	m := make(map[string]string)
	if r.CPU > 0 {
		m["cpu.max"] = fmt.Sprintf("%d %d", r.CPU*period/1000, period)
	}
	if r.Memory > 0 {
		m["memory.max"] = fmt.Sprint(r.Memory)
		m["memory.oom.group"] = "1" // what is left of it would wait for what was killed
	}
	if processes > 0 {
		m["pids.max"] = fmt.Sprint(processes + waits)
	}
	return m
}

// waits is how many processes of a group are not the program's: the shell that waits.
const waits = 1

// ranOut reports whether a program was killed as it took more memory than it may.
func (l *Launcher) ranOut(name string) bool {
	if l.cfg.Cgroup == "" {
		return false
	}
	return l.happened(name, "memory.events", "oom_kill")
}

// happened reports whether a file of the group of a program counts an event.
func (l *Launcher) happened(name, file, event string) bool {
	events, err := os.ReadFile(filepath.Join(l.cgroup(name), file))
	if err != nil {
		return false // the group is gone
	}
	for line := range bytes.Lines(events) {
		if n, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte(event+" ")); ok {
			return string(n) != "0"
		}
	}
	return false
}

// memoryLimit says how much memory a program may take, where that is known.
func (l *Launcher) memoryLimit(name string) string {
	n, err := readNumber(filepath.Join(l.cgroup(name), "memory.max"))
	switch {
	case err != nil:
		return ""
	case n%(1<<20) == 0:
		return fmt.Sprintf(": the limit is %d MiB", n>>20)
	}
	return fmt.Sprintf(": the limit is %d bytes", n)
}

// refused says that a program was refused processes, if it was.
func (l *Launcher) refused(name string) string {
	if l.cfg.Cgroup == "" || l.cfg.Processes == 0 || !l.happened(name, "pids.events", "max") {
		return ""
	}
	return fmt.Sprintf(" (it wanted more than %d processes)", l.cfg.Processes)
}

// killGroup kills all that is in the group of a program.
func (l *Launcher) killGroup(name string) error {
	if l.cfg.Cgroup == "" {
		return nil
	}
	f, err := os.OpenFile(filepath.Join(l.cgroup(name), "cgroup.kill"), os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the group is gone, or the kernel is older than 5.14
	}
	if err == nil {
		_, err = f.WriteString("1")
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return fmt.Errorf("kill a control group: %w", err)
	}
	return nil
}

// How often a group is tried to be removed whose processes were killed, and how long
// they have between two times.
const (
	removals    = 20
	removeEvery = 10 * time.Millisecond
)

// release removes the group of a program that ended, with what is left in it.
func (l *Launcher) release(ctx context.Context, name string) error {
	if l.cfg.Cgroup == "" {
		return nil
	}
	err := l.killGroup(name)
	if err != nil {
		return err
	}
	for range removals {
		if err = os.Remove(l.cgroup(name)); err == nil || errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if !errors.Is(err, syscall.EBUSY) || !clock.Pause(ctx, clock.System{}, removeEvery) {
			break
		}
	}
	return fmt.Errorf("remove a control group: %w", err)
}
