//go:build unix && !linux

package process

import (
	"context"
	"syscall"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/runner"
)

func checkCgroup(cfg *Config) error {
	if cfg.Cgroup == "" {
		return nil
	}
	return model.Errorf(model.Invalid, "only Linux has control groups").WithHint("leave runner.process.cgroup out")
}

func (*Launcher) confine(*syscall.SysProcAttr, *runner.Order) (func(), error) {
	return func() {}, nil
}

func (*Launcher) ranOut(string) bool { return false }

func (*Launcher) memoryLimit(string) string { return "" }

func (*Launcher) refused(string) string { return "" }

func (*Launcher) killGroup(string) error { return nil }

func (*Launcher) release(context.Context, string) error { return nil }
