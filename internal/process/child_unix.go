//go:build unix && !linux

package process

import "syscall"

// EndWithUs does nothing: programs are told of the death of the one that
// started them on Linux only.
func EndWithUs() {}

func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// await leaves the waiting to reap: not all systems can wait without reaping.
func (child) await() {}

// onlyZombies does not know.
func (Group) onlyZombies() bool { return false }
