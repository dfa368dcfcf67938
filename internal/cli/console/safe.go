package console

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"unicode"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/process"
)

// Fit returns a writer of whole lines of tasks' output, whose way to standard
// output begins with w. On a terminal, nothing that somebody has had a task
// print may move the cursor, change the title or answer for the keyboard.
func Fit(w, stdout io.Writer) io.Writer {
	if f, ok := stdout.(*os.File); ok && IsTerminal(f) {
		return safely{w}
	}
	return w
}

type safely struct{ to io.Writer }

func (s safely) Write(line []byte) (int, error) {
	if _, err := s.to.Write(safe(line)); err != nil {
		return 0, err
	}
	return len(line), nil
}

// safe returns a line with the control characters in it made visible, but for
// tabs, ends of lines and colours. A line without any is returned as it is.
func safe(line []byte) []byte {
	if !bytes.ContainsFunc(line, controls) {
		return line
	}
	var out bytes.Buffer
	for len(line) > 0 {
		if n := colour(line); n > 0 {
			out.Write(line[:n])
			line = line[n:]
			continue
		}
		r, n := utf8.DecodeRune(line)
		switch {
		case r == utf8.RuneError && n == 1 || !controls(r):
			out.Write(line[:n])
		case r < 0x80:
			out.Write([]byte{'^', byte(r) ^ 0x40})
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
		line = line[n:]
	}
	return out.Bytes()
}

func controls(r rune) bool { return unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' }

// colour returns the length of the sequence that sets colours with which a line
// begins, or 0.
func colour(line []byte) int {
	rest, ok := bytes.CutPrefix(line, []byte("\x1b["))
	if !ok {
		return 0
	}
	n := len(rest) - len(bytes.TrimLeft(rest, "0123456789;"))
	if n == len(rest) || rest[n] != 'm' {
		return 0
	}
	return len("\x1b[") + n + len("m")
}

// Quote makes a word safe for a shell.
func Quote(s string) string { return process.Quote(s) }
