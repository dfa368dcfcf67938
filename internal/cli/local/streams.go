package local

import (
	"errors"
	"io"
	"os"
	"sync"
	"syscall"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/model"
)

// output is a standard stream of a command that has to go on whatever becomes
// of those who read it. It remembers what was lost. It is safe for concurrent
// use.
type output struct {
	name string
	to   io.Writer

	mu  sync.Mutex
	err error // the first one
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.to.Write(p)
	if err != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.err == nil {
			o.err = err
		}
	}
	return n, err
}

// lost returns an error if something that was written did not get through.
func (o *output) lost() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		return nil
	}
	return model.Errorf(model.Unavailable, "%s can't be written, some of it is lost: %w", o.name, o.err)
}

// streams are the standard streams of a run.
type streams struct{ out, err *output }

// watched makes the streams of world ones that remember what was lost.
func watched(world *console.IO) streams {
	s := streams{
		out: &output{name: "standard output", to: world.Stdout},
		err: &output{name: "standard error", to: world.Stderr},
	}
	world.Stdout, world.Stderr = s.out, s.err
	return s
}

// terminal returns the file that a tree can be drawn on, if both streams are
// terminals.
func (s streams) terminal() (*os.File, bool) {
	stdout, ok := s.out.to.(*os.File)
	stderr, both := s.err.to.(*os.File)
	return stderr, ok && both && console.IsTerminal(stdout) && console.IsTerminal(stderr)
}

// lost returns what was lost of either stream.
func (s streams) lost() error { return errors.Join(s.out.lost(), s.err.lost()) }

// left reports whether nobody reads any more.
func (s streams) left() bool { return errors.Is(s.lost(), syscall.EPIPE) }
