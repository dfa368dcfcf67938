package process

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"

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
	proc, err := os.Open("/proc")
	if err != nil {
		return false
	}
	defer proc.Close() //nolint:errcheck // it was only read
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return false
	}
	for _, name := range names {
		if name[0] < '0' || name[0] > '9' {
			continue
		}
		stat, err := os.ReadFile(filepath.Join("/proc", name, "stat"))
		if err == nil && g.lives(stat) { // an error means that it is gone
			return false
		}
	}
	return true
}

// lives tells from the system's line about a process whether it is in the
// group and has not exited.
func (g Group) lives(stat []byte) bool {
	// The fields are id, (name), state, parent, group and more; a name may
	// hold anything.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 3 {
		return false
	}
	group, err := strconv.Atoi(string(fields[2]))
	return err == nil && group == int(g) && fields[0][0] != 'Z' && fields[0][0] != 'X'
}
