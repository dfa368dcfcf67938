package process_test

import (
	"bufio"
	"io"
	"os"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/process"
)

// marked starts a shell script with a variable more. It returns a pipe that
// all its processes hold open, after the script has said that it runs.
func marked(t *testing.T, script, variable string) (*process.Process, *bufio.Reader) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	c := process.Command{
		Path: "/bin/sh", Args: []string{"sh", "-c", script}, Env: append(os.Environ(), variable), Output: w,
	}
	p, err := c.Start()
	if err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	t.Cleanup(func() { process.Group(p.Pid()).End(time.Nanosecond) })
	b := bufio.NewReader(r)
	if line, err := b.ReadString('\n'); err != nil {
		t.Fatalf("%q, %v", line, err)
	}
	return p, b
}

func TestEndMarkedEndsTheGroupsOfTheMarked(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"leader":                   "echo; sleep 1000; :",
		"leader that has gone":     "(echo; exec sleep 1000) & exit",
		"deaf":                     "trap '' TERM; echo; sleep 1000; sleep 1000",
		"member without the mark":  "env -i sh -c 'echo; sleep 1000' & wait",
		"mark replaced by another": "PAWL_TRY=other sh -c 'echo; sleep 1000' & wait",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, out := marked(t, script, process.Mark("ours "+name))
			done := make(chan struct{})
			go func() {
				defer close(done)
				_, _ = p.Wait(t.Context())
			}()
			process.EndMarked([]string{"theirs", "ours " + name}, 50*time.Millisecond)
			if _, err := out.ReadByte(); err != io.EOF {
				t.Error(err)
			}
			<-done
		})
	}
}

func TestEndMarkedSparesOthers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ script, variable string }{
		"another mark":    {"echo; read x; sleep 0.05; echo", process.Mark("spared/12")},
		"no mark":         {"echo; sleep 0.05; echo", "A=" + process.Mark("spared/1")},
		"another session": {"setsid sh -c 'echo; sleep 0.05; echo' & exit", process.Mark("spared/1")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, out := marked(t, c.script, c.variable)
			if name == "another session" {
				if _, err := p.Wait(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			process.EndMarked([]string{"spared/1", "spared"}, 0)
			if _, err := out.ReadByte(); err != nil {
				t.Errorf("it was ended: %v", err)
			}
			if name != "another session" {
				_, _ = p.Wait(t.Context())
			}
		})
	}
}
