package ploomber_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/python/pythontest"
)

// peer answers for Ploomber.
type peer struct{ socket string }

// newPeer starts Ploomber once, for all projects of a test.
func newPeer(t *testing.T) *peer {
	t.Helper()
	dir, err := os.MkdirTemp("", "peer") // short: the path of a socket has 100 characters
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{socket: filepath.Join(dir, "s")}
	script, err := filepath.Abs("testdata/peer.py")
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(pythontest.Path(t), script, p.socket)
	c.Env, c.Dir = environment(t), dir
	c.Stderr = new(bytes.Buffer)
	stdin, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = c.Wait()
		_ = os.RemoveAll(dir)
	})
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatalf("the peer does not start: %v %q\n%s", err, line, c.Stderr)
	}
	return p
}

// ask has the peer plan or build a project and returns the tasks that it would
// run or has run.
func (p *peer) ask(t *testing.T, do, dir string, args []string, force bool) []string {
	t.Helper()
	if force {
		args = append([]string{"--force"}, args...)
	}
	request, err := json.Marshal(map[string]any{"do": do, "dir": dir, "args": append([]string{}, args...)})
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("unix", p.socket)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(5 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write(append(request, '\n')); err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Tasks []string
		Error string
	}
	if err := json.Unmarshal(said, &answer); err != nil {
		t.Fatalf("%v: %q", err, said)
	}
	if answer.Error != "" {
		t.Fatalf("the peer can't %s: %s", do, answer.Error)
	}
	return answer.Tasks
}

// output runs a program and returns what it prints.
func output(c *exec.Cmd) (string, error) {
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%v: %w\n%s%s", c.Args[1:], err, &stdout, &stderr)
	}
	return stdout.String(), nil
}
