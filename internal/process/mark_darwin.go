package process

import (
	"bytes"
	"encoding/binary"
	"iter"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// processes iterates over those of the user that have not exited.
func processes() iter.Seq[*other] {
	const zombie = 5
	return func(yield func(*other) bool) {
		list, err := unix.SysctlKinfoProcSlice("kern.proc.uid", os.Getuid())
		if err != nil {
			return
		}
		for i := range list {
			pid := int(list[i].Proc.P_pid)
			session, err := unix.Getsid(pid)
			if err != nil || list[i].Proc.P_stat == zombie {
				continue
			}
			p := other{
				group: Group(list[i].Eproc.Pgid), session: strconv.Itoa(session),
				environment: func() string { return environmentOf(pid) },
			}
			if !yield(&p) {
				return
			}
		}
	}
}

// environmentOf returns what the system tells of a process's environment. It
// tells nothing of programs that come with it.
func environmentOf(pid int) string {
	text, err := unix.SysctlRaw("kern.procargs2", pid)
	if err != nil || len(text) < 4 {
		return ""
	}
	// It is the number of arguments, the program, NUL characters up to a
	// boundary, the arguments and the environment.
	count := int(binary.LittleEndian.Uint32(text))
	_, rest, _ := bytes.Cut(text[4:], []byte{0})
	rest = bytes.TrimLeft(rest, "\x00")
	for range count {
		_, rest, _ = bytes.Cut(rest, []byte{0})
	}
	return string(rest)
}
