//go:build unix

package server

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// detach puts the empty device in place of an open file.
func detach(f *os.File) error {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	if err := errors.Join(unix.Dup2(int(null.Fd()), int(f.Fd())), null.Close()); err != nil {
		return fmt.Errorf("leave the input: %w", err)
	}
	return nil
}
