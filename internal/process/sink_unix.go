//go:build unix

package process

import (
	"errors"
	"io"
	"os"
	"syscall"
	"time"
)

// copyOutput copies all that comes out of a pipe until its other end is
// closed or a read deadline passes, and closes it. A program that prints on
// after an error of w finds the pipe broken.
func copyOutput(w io.Writer, r *os.File) error {
	defer r.Close() //nolint:errcheck // it was only read
	_, err := io.Copy(writerOnly{w}, r)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return drain(w, r)
	}
	return err
}

// writerOnly keeps io.Copy from asking w whether it wants to read the pipe
// itself: the deadline would go unnoticed.
type writerOnly struct{ io.Writer }

// drain copies what a pipe holds and does not wait for more.
func drain(w io.Writer, r *os.File) error {
	if err := r.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	conn, err := r.SyscallConn()
	if err != nil {
		return err
	}
	buf := make([]byte, 32<<10)
	for {
		var n int
		var rerr error
		if err := conn.Read(func(fd uintptr) bool {
			n, rerr = syscall.Read(int(fd), buf)
			return true
		}); err != nil {
			return err
		}
		switch {
		case rerr == syscall.EINTR:
		case rerr == syscall.EAGAIN || n == 0:
			return nil
		case rerr != nil:
			return os.NewSyscallError("read", rerr)
		default:
			if _, err := w.Write(buf[:n]); err != nil {
				return err
			}
		}
	}
}
