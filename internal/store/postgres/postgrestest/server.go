package postgrestest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/parts"
)

// Server is a PostgreSQL server with an empty database.
type Server struct {
	// URL is that of the database, for a user who may do everything.
	URL string

	bin, dir string
	// keeper ends the server when its standard input does.
	keeper *exec.Cmd
	pipe   io.Closer
}

// ErrMissing says that no server can be started, as there is none.
var ErrMissing = errors.New("there is no PostgreSQL to test with: install it, or set " + Variable)

// binaries returns the folder of initdb and pg_ctl: that of the newest version
// in Debian's place, or the one on the path.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	slices.SortFunc(found, func(a, b string) int { return versionOf(a) - versionOf(b) })
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", ErrMissing
}

func versionOf(initdb string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb)))) // 0 if it is no number
	return n
}

// Start makes a cluster of its own in a temporary folder and starts it, with
// settings such as "shared_buffers = 1GB" besides its own, of which fsync = on
// is one. It ends, and its files are gone, with Stop or with this process.
func Start(settings ...string) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pawl-postgres-")
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, dir: dir}
	if err := s.begin(settings); err != nil {
		return nil, errors.Join(err, s.Stop(), os.RemoveAll(dir))
	}
	return s, nil
}

func (s *Server) begin(more []string) error {
	if err := s.ownDir(); err != nil {
		return err
	}
	if err := s.keep(); err != nil {
		return err
	}
	if err := s.run("initdb", "--pgdata", s.data(), "--username", "pawl", "--auth", "trust", "--encoding", "UTF8", "--locale", "C"); err != nil {
		return err
	}
	port, err := parts.Port()
	if err != nil {
		return err
	}
	settings := append(more, "listen_addresses = '127.0.0.1'", fmt.Sprintf("port = %d", port),
		fmt.Sprintf("unix_socket_directories = '%s'", s.dir), "fsync = on", "max_connections = 200")
	f, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(strings.Join(settings, "\n") + "\n")
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	s.URL = fmt.Sprintf("postgres://pawl@127.0.0.1:%d/postgres?sslmode=disable", port)
	return s.control("start")
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// Restart ends the server as a crash would, and starts it again.
func (s *Server) Restart() error { return s.control("restart", "-m", "immediate") }

func (s *Server) control(what string, options ...string) error {
	args := append([]string{what, "--pgdata", s.data(), "--log", filepath.Join(s.dir, "log"), "--wait"}, options...)
	return s.run("pg_ctl", args...)
}

func (s *Server) run(program string, args ...string) error {
	// Servers keep what they inherit, so that what they write goes to a file.
	out, err := os.OpenFile(filepath.Join(s.dir, "output"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	cmd := s.command(filepath.Join(s.bin, program), args...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := errors.Join(cmd.Run(), out.Close()); err != nil {
		said, _ := os.ReadFile(out.Name()) // the error says enough without it
		return fmt.Errorf("%s: %w\n%s", program, err, said)
	}
	return nil
}

// command returns a program that runs as somebody who may run a server.
func (s *Server) command(path string, args ...string) *exec.Cmd {
	cmd := exec.Command(path, args...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = apart()
	return cmd
}

// keep starts a process that ends the server and removes its files once this
// process has ended, in whatever way.
func (s *Server) keep() error {
	const script = `read -r line; "$1/pg_ctl" stop --pgdata "$2/data" -m immediate --wait; rm -rf "$2"`
	s.keeper = s.command("/bin/sh", "-c", script, "keeper", s.bin, s.dir)
	s.keeper.Dir = "/"
	pipe, err := s.keeper.StdinPipe()
	if err != nil {
		return err
	}
	s.pipe = pipe
	return s.keeper.Start()
}

// Stop ends the server and removes its files.
func (s *Server) Stop() error {
	if s.pipe == nil {
		return nil
	}
	return errors.Join(s.pipe.Close(), s.keeper.Wait())
}
