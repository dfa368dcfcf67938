package console

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"github.com/pawlhq/pawl/internal/model"
)

// Ask reads a line that is secret: from the terminal, which does not show it,
// or from whatever standard input is.
func (w IO) Ask(what string, stdin *bufio.Reader) (string, error) {
	restore := func() {}
	if f, ok := w.Stdin.(*os.File); ok && IsTerminal(f) {
		_, _ = fmt.Fprintf(w.Stderr, "%s: ", what)
		restore = hideInput(f)
		defer func() { _, _ = fmt.Fprintln(w.Stderr) }()
	}
	line, err := w.readLine(stdin)
	restore()
	var interrupted Quiet
	if errors.As(err, &interrupted) {
		return "", err
	}
	if err != nil && !(errors.Is(err, io.EOF) && line != "") {
		return "", model.Errorf(model.Invalid, "no %s on standard input", strings.ToLower(what[:1])+what[1:])
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// Interactive tells whether somebody sits at a terminal who can answer questions: both
// standard input and standard error are one, and CI is not set in the environment.
func (w IO) Interactive() bool {
	in, ok := w.Stdin.(*os.File)
	out, both := w.Stderr.(*os.File)
	return ok && both && IsTerminal(in) && IsTerminal(out) && w.Getenv("CI") == ""
}

// Answer asks a question on the terminal and returns the line that is typed. The end
// of input is Invalid.
func (w IO) Answer(question string, stdin *bufio.Reader) (string, error) {
	_, _ = fmt.Fprint(w.Stderr, question)
	line, err := w.readLine(stdin)
	if errors.Is(err, io.EOF) {
		_, _ = fmt.Fprintln(w.Stderr)
		return "", model.Errorf(model.Invalid, "there is no answer to the question")
	}
	return strings.TrimSpace(line), err
}

// readLine reads a line unless it is interrupted, so that a terminal is left as
// it was.
func (w IO) readLine(stdin *bufio.Reader) (string, error) {
	signals, stop := w.Signals()
	defer stop()
	var line string
	var err error
	read := make(chan struct{})
	go func() { // ended by the line, or with the program
		defer close(read)
		line, err = stdin.ReadString('\n')
	}()
	select {
	case <-read:
		return line, err
	case <-signals:
		return "", Quiet{128 + int(syscall.SIGINT)}
	}
}
