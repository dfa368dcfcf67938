package plugin

import (
	"os"
	"syscall"
)

// ownGroup keeps signals of the console from a plug-in: the server ends it once it
// needs it no more.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// killGroup kills a plug-in. It may have ended.
func killGroup(p *os.Process) { _ = p.Kill() }
