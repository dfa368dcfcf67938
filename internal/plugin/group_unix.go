//go:build unix

package plugin

import (
	"os"
	"syscall"
)

// ownGroup keeps signals of the terminal from a plug-in: the server ends it once
// it needs it no more.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// killGroup kills a plug-in and what it has started. None may be left.
func killGroup(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }
