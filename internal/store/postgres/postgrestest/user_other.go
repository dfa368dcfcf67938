//go:build !unix

package postgrestest

import "syscall"

// apart returns how the programs of a server run.
func apart() *syscall.SysProcAttr { return nil }

// ownDir has nothing to do: the server is run by the same user.
func (*Server) ownDir() error { return nil }
