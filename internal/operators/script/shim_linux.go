package script

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/internal/process/pyfork"
)

// question is the program that an interpreter is asked with: it tells where it
// is, in which folder and how it was called, and its environment.
const question = `import os, sys
said = [os.fsencode(w) for w in [sys.executable, os.getcwd()] + getattr(sys, "orig_argv", [])]
said[2:2] = [b"%d" % (len(said) - 2)]
os.write(1, b"\0said\0" + b"\0".join(said + [k + b"=" + v for k, v in os.environb.items()]))`

// maxShims bounds the answers that are kept.
const maxShims = 16

// shims are scripts that start Python, such as those of pyenv. What they start
// is asked once, as that can take longer than a task.
type shims struct {
	mu    sync.Mutex
	known []*shim // most recently asked first
}

// shim is what a script starts when it is called in a folder with an environment.
type shim struct {
	script     pyfork.Stamp
	dir        string
	words, env []string

	// asked says that the rest is known. program is the interpreter and given
	// the environment that it gets. If it can't be said or is called in another
	// way, err says why.
	asked   bool
	program string
	given   []string
	err     error
}

// resolve returns the words and the environment to start the interpreter with
// that a script starts for a call. Unless now is set, a script that is called
// for the first time is not asked: there may be no other call.
func (s *shims) resolve(ctx context.Context, c *call, words []string, now bool) (direct, env []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := slices.DeleteFunc(slices.Clone(c.env), func(v string) bool { return strings.HasPrefix(v, process.MarkVariable+"=") })
	stamp := pyfork.StampOf(words[0])
	i := slices.IndexFunc(s.known, func(k *shim) bool {
		return k.script == stamp && k.dir == c.Workdir && slices.Equal(k.words, words) && slices.Equal(k.env, own)
	})
	if i < 0 {
		i = 0
		s.known = slices.Insert(s.known[:min(len(s.known), maxShims-1)], 0,
			&shim{script: stamp, dir: c.Workdir, words: words, env: own})
		if !now {
			return nil, nil, errors.New("it is called for the first time")
		}
	}
	k := s.known[i]
	if !k.asked {
		k.ask(ctx)
		if ctx.Err() != nil {
			return nil, nil, context.Cause(ctx)
		}
		k.asked = true
	}
	return append([]string{k.program}, words[1:]...), k.given, k.err
}

// ask calls the script.
func (k *shim) ask(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	var out bytes.Buffer
	args := append(k.words[:len(k.words):len(k.words)], "-c", question)
	status, err := (&process.Command{
		Path: k.words[0], Args: args, Dir: k.dir, Env: k.env, Output: &out, Grace: time.Second,
	}).Run(ctx)
	_, said, ok := strings.Cut(out.String(), "\x00said\x00")
	switch {
	case err != nil:
		k.err = err
	case !ok:
		k.err = fmt.Errorf("asked for its interpreter, it ended with code %d", status.Code)
	default:
		k.err = k.hear(strings.Split(said, "\x00"), args[1:])
	}
}

// hear takes the answer to a question that was asked with the given arguments.
func (k *shim) hear(said, args []string) error {
	if len(said) < 3 {
		return errors.New("its answer is too short")
	}
	n, err := strconv.Atoi(said[2])
	if err != nil || len(said) < 3+n {
		return errors.New("its answer is too short")
	}
	called, given := said[3:3+n], said[3+n:]
	folder, ferr := os.Stat(said[1])
	wanted, werr := os.Stat(k.dir)
	switch {
	case said[0] == "" || isScript(said[0]):
		return errors.New("its interpreter does not know where it is")
	case n > 0 && !slices.Equal(called[1:], args):
		return errors.New("it gives its interpreter other arguments")
	case ferr != nil || werr != nil || !os.SameFile(folder, wanted):
		return errors.New("it changes the folder")
	}
	k.program, k.given = said[0], given
	return nil
}
