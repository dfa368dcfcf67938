package process

import (
	"sync/atomic"
	"syscall"
)

// fate is the signal that programs get when this process has died, 0 for none.
var fate atomic.Int32

// EndWithUs has all programs that are started from now on asked to end, by
// SIGTERM, as soon as this process dies, however it dies. It does not reach
// what they have started themselves.
//
// The system sends the signal when the thread that started a program ends,
// not only with the whole process. So this is for a program that knows all of
// its goroutines: none may end while it is locked to its thread.
func EndWithUs() { fate.Store(int32(syscall.SIGTERM)) }

func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.Signal(fate.Load())}
}
