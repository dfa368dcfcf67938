//go:build unix

package postgrestest

import (
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// apart returns how the programs of a server run. A signal to the tests is not
// for the server: it ends with its keeper.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: credential()}
}

// credential returns an unprivileged user where this process is root's: a
// server refuses to be.
func credential() *syscall.Credential {
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			continue
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			continue
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	return nil
}

func (s *Server) ownDir() error {
	c := credential()
	if c == nil {
		return nil
	}
	return os.Chown(s.dir, int(c.Uid), int(c.Gid))
}
