//go:build linux

package chaos

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/parts"
)

// traced returns a command under strace, which writes to a file what the
// command does to the disk.
func traced(t *testing.T, file string, command ...string) *exec.Cmd {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		parts.Missing(t, err)
	}
	args := []string{
		"-f", "--seccomp-bpf", "-y", "-ttt", "-xx", "-s", "1000000", "-o", file,
		"-e", "trace=pwrite64,fsync,fdatasync,ftruncate,unlink,unlinkat,mkdir,mkdirat", "--",
	}
	return exec.Command(strace, append(args, command...)...)
}

// call is something that a program did to the disk.
type call struct {
	// at is when it began.
	at   time.Time
	name string // of the system call
	path string
	// data were written at an offset; a truncation has its size there.
	data   []byte
	offset int64
	// open is set when others came in between, so that its end is a call of its
	// own. That has the place of this one in ends.
	open bool
	ends int
}

// resumed is the name of the end of a call that others came in between.
const resumed = "resumed"

// readCalls reads a trace. A call that others came in between stands where it
// began, and its end where it ended. One that failed, or did not end, is left
// out if it changes nothing by beginning.
func readCalls(r io.Reader) (calls []call, err error) {
	open := make(map[string]int) // by thread
	lines := bufio.NewReaderSize(r, 1<<20)
	for {
		line, err := lines.ReadString('\n')
		if err == io.EOF {
			return calls, nil // a last line without an end is of a tracer that was killed
		}
		if err != nil {
			return nil, err
		}
		thread, rest, _ := strings.Cut(line, " ")
		at, what, _ := strings.Cut(strings.TrimSpace(rest), " ")
		if strings.HasPrefix(what, "<... ") {
			if i, ok := open[thread]; ok {
				calls = append(calls, call{name: resumed, ends: i})
				delete(open, thread)
			}
			continue
		}
		c, ok, err := readCall(what)
		if err != nil {
			return nil, fmt.Errorf("%w in %.200s", err, line)
		}
		if !ok || strings.Contains(what, ") = -1 ") {
			continue
		}
		seconds, err := strconv.ParseFloat(at, 64)
		if err != nil {
			return nil, fmt.Errorf("%w in %.200s", err, line)
		}
		c.at = time.UnixMicro(int64(seconds * 1e6))
		if strings.HasSuffix(what, "<unfinished ...>") {
			open[thread], c.open = len(calls), true
		}
		calls = append(calls, c)
	}
}

// readCall reads a call; what is none, such as a signal, is not ok.
func readCall(text string) (c call, ok bool, err error) {
	name, args, ok := strings.Cut(text, "(")
	if !ok || strings.HasPrefix(text, "---") || strings.HasPrefix(text, "+++") {
		return c, false, nil
	}
	c.name = name
	switch name {
	case "pwrite64":
		if c.path, args, err = readTarget(args); err != nil {
			return c, false, err
		}
		var data string
		if data, args, err = readText(args); err != nil {
			return c, false, err
		}
		c.data = []byte(data)
		_, err = fmt.Sscanf(args, ", %d, %d", new(int), &c.offset)
	case "ftruncate":
		if c.path, args, err = readTarget(args); err == nil {
			_, err = fmt.Sscanf(args, ", %d", &c.offset)
		}
	case "fsync", "fdatasync":
		c.path, _, err = readTarget(args)
	case "unlink", "unlinkat", "mkdir", "mkdirat":
		c.name = strings.TrimSuffix(name, "at")
		c.path, _, err = readText(args[max(0, strings.Index(args, `"`)):])
	default:
		return c, false, nil
	}
	return c, err == nil, err
}

// readTarget reads a file descriptor with its path, 7<PATH>.
func readTarget(text string) (path, rest string, err error) {
	_, text, ok := strings.Cut(text, "<")
	path, rest, closed := strings.Cut(text, ">")
	if !ok || !closed {
		return "", "", fmt.Errorf("no file")
	}
	path, err = unhex(path)
	return path, rest, err
}

// readText reads a text in quotation marks.
func readText(text string) (value, rest string, err error) {
	if !strings.HasPrefix(strings.TrimPrefix(text, ", "), `"`) {
		return "", "", fmt.Errorf("no text")
	}
	_, text, _ = strings.Cut(text, `"`)
	value, rest, ok := strings.Cut(text, `"`)
	if !ok || strings.HasPrefix(rest, "...") {
		return "", "", fmt.Errorf("a text that is cut off")
	}
	value, err = unhex(value)
	return value, rest, err
}

// unhex reads a text of which all bytes are \xNN, or none.
func unhex(text string) (string, error) {
	if !strings.HasPrefix(text, `\x`) {
		return text, nil
	}
	b, err := hex.DecodeString(strings.ReplaceAll(text, `\x`, ""))
	return string(b), err
}
