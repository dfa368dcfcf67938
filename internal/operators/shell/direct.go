package shell

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/pawlhq/pawl/internal/operators/command"
	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/operator"
)

// Most scripts are one plain command. A shell adds nothing to it but its own
// start, which takes as long as many a program. So where all that the shell
// would do is known, it is done here instead. That takes a text without any
// syntax (plainWords), a program that PATH leads to without detours
// (plainProgram), an environment that the shell would hand on (plainEnv), and
// a shell whose ways are known (shellIsDash). Whatever else, and whatever
// cannot be started, is left to the shell, and so are its messages.
//
// One difference stays: the program leads its process group, as it would at a
// terminal. Only setsid minds.

// shellIsDash tells whether the default shell is the one whose ways with an
// environment and with signals are imitated here.
var shellIsDash = sync.OnceValue(func() bool {
	path, err := filepath.EvalSymlinks(defaultShell)
	return err == nil && filepath.Base(path) == "dash"
})

// startDirectly starts the program that a text consists of, or returns nil.
func startDirectly(t *operator.Task, text string, env []string) *process.Process {
	if !shellIsDash() {
		return nil
	}
	words, ok := plainWords(text)
	if !ok {
		return nil
	}
	if env, ok = plainEnv(env, t.Workdir); !ok {
		return nil
	}
	path, ok := plainProgram(words[0], t.Workdir, env)
	if !ok {
		return nil
	}
	c := process.Command{Path: path, Args: words, Dir: t.Workdir, Env: env, Output: t.Output}
	p, err := c.Start()
	if err != nil {
		return nil // the shell says why, or finds another way to run it
	}
	return p
}

// waitDirectly waits for a program and says how it died where a shell would.
func waitDirectly(ctx context.Context, t *operator.Task, p *process.Process) (process.Status, error) {
	status, err := p.Wait(ctx)
	if message := obituary(status); message != "" && err == nil && t.Output != nil {
		_, err = fmt.Fprintln(t.Output, message)
	}
	return status, err
}

// obituary returns what dash prints about a program that died of a signal.
func obituary(s process.Status) string {
	const firstRealTime = 34 // as the C library counts
	signal := syscall.Signal(s.Signal)
	var text string
	switch {
	case signal == 0 || signal == syscall.SIGINT || signal == syscall.SIGPIPE:
		return ""
	case signal >= firstRealTime:
		text = fmt.Sprintf("Real-time signal %d", signal-firstRealTime)
	default:
		text = signal.String()
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	if s.Core {
		text += " (core dumped)"
	}
	return text
}

// plainEnv returns the environment as the shell would hand it on: without
// names that it does not take. An environment is not plain if the shell would
// give a variable another value.
func plainEnv(env []string, workdir string) ([]string, bool) {
	odd := false
	for _, v := range env {
		name, value, _ := strings.Cut(v, "=")
		switch name {
		case "IFS", "LINENO", "OPTIND", "PPID":
			return nil, false
		case "PWD":
			if value != workdir {
				return nil, false
			}
		}
		odd = odd || !command.ValidName(name)
	}
	if odd {
		env = slices.DeleteFunc(slices.Clone(env), func(v string) bool {
			name, _, _ := strings.Cut(v, "=")
			return !command.ValidName(name)
		})
	}
	return env, true
}

// plainProgram returns the file that the shell would execute for a command.
func plainProgram(word, workdir string, env []string) (string, bool) {
	if strings.Contains(word, "/") {
		file := word
		if !filepath.IsAbs(file) {
			file = workdir + "/" + file
		}
		info, err := os.Stat(file)
		return word, err == nil && isProgram(info)
	}
	path, ok := process.Variable(env, "PATH")
	if !ok {
		return "", false
	}
	for folder := range strings.SplitSeq(path, ":") {
		if !filepath.IsAbs(folder) || strings.Contains(folder, "%") {
			return "", false // the shell has its own reading of these
		}
		file := folder + "/" + word
		info, err := os.Stat(file)
		if err == nil {
			return file, isProgram(info)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", false
		}
	}
	return "", false
}

func isProgram(info fs.FileInfo) bool {
	return info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
