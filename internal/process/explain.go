package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// explain says what a program could not be started for, as far as more is
// known than the system's error tells.
func (c *Command) explain(err error) error {
	if c.Dir != "" {
		if _, serr := os.Stat(c.Dir); serr != nil {
			return serr
		}
	}
	switch {
	case errors.Is(err, syscall.EINVAL):
		err = c.explainInvalid(err)
	case errors.Is(err, syscall.E2BIG):
		err = c.explainTooBig(err)
	}
	return &fs.PathError{Op: "start", Path: c.Path, Err: err}
}

// explainInvalid names the variable with a NUL character. It does not show
// arguments, which may hold secrets.
func (c *Command) explainInvalid(err error) error {
	for _, v := range c.Env {
		if strings.IndexByte(v, 0) >= 0 {
			name, _, _ := strings.Cut(v, "=")
			return fmt.Errorf("%w: environment variable %q holds a NUL character", err, name)
		}
	}
	for _, a := range c.Args {
		if strings.IndexByte(a, 0) >= 0 {
			return fmt.Errorf("%w: an argument holds a NUL character", err)
		}
	}
	return err
}

// explainTooBig names the largest variable, which is often the only one at
// fault: Linux takes no single one beyond 128 KiB.
func (c *Command) explainTooBig(err error) error {
	var largest string
	for _, v := range c.Env {
		if len(v) > len(largest) {
			largest = v
		}
	}
	name, value, _ := strings.Cut(largest, "=")
	return fmt.Errorf("%w: the largest environment variable, %s, has %d bytes", err, name, len(value))
}
