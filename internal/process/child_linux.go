package process

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// await waits until the program has exited and leaves it to be reaped, so
// that nobody else can get its id.
func (c child) await() {
	for unix.Waitid(unix.P_PID, int(c), nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
}

// onlyZombies tells whether all members of the group have exited, though not
// all are reaped: what outlived its parent is left to the first process of
// the system or container, which may take its time or never do it.
func (g Group) onlyZombies() bool {
	ids := pids()
	for _, id := range ids {
		stat, err := os.ReadFile(filepath.Join("/proc", id, "stat"))
		if err == nil && g.lives(stat) { // an error means that it is gone
			return false
		}
	}
	return len(ids) > 0 // else nothing is known
}

// lives tells from the system's line about a process whether it is in the
// group and has not exited.
func (g Group) lives(stat []byte) bool {
	f, ok := fieldsOf(stat)
	return ok && f.group == g && !f.exited
}
