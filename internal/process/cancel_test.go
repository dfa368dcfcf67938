//go:build unix

package process_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/process"
)

var errStop = errors.New("stop")

// cancelled runs a script, cancels it when it has printed a line "ready", and
// returns what it and its descendants print from then on, until the last of
// them has ended.
func cancelled(t *testing.T, script string, grace time.Duration) (string, process.Status, error) {
	t.Helper()
	r, w := pipe(t)
	c := sh(script, w)
	c.Grace = grace
	p, err := c.Start()
	if err != nil {
		t.Fatal(err)
	}
	w.Close() // the descendants hold it now
	out := bufio.NewReader(r)
	if line, err := out.ReadString('\n'); line != "ready\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errStop)
	status, err := p.Wait(ctx)
	rest, rerr := io.ReadAll(out)
	if rerr != nil {
		t.Fatal(rerr)
	}
	return string(rest), status, err
}

// untilTerm is a shell that prints a word when it gets SIGTERM.
const untilTerm = `exec 2>/dev/null; trap "sleep 0.05; echo $word; exit" TERM; echo ready; while :; do sleep 0.02; done`

func TestCancelAsksTheWholeGroup(t *testing.T) {
	t.Parallel()
	out, status, err := cancelled(t, `trap 'echo parent; wait; exit 7' TERM; word=child sh -c '`+untilTerm+`' & wait`, 20*time.Second)
	if out != "parent\nchild\n" && out != "child\nparent\n" {
		t.Errorf("got %q", out)
	}
	if status.Code != 7 || err != errStop {
		t.Errorf("got %+v, %v", status, err)
	}
}

func TestCancelGivesDescendantsTheGraceWhenTheirParentHasEnded(t *testing.T) {
	t.Parallel()
	out, status, err := cancelled(t, `word=cleaned sh -c '`+untilTerm+`' & wait`, 20*time.Second)
	if out != "cleaned\n" {
		t.Errorf("got %q", out)
	}
	if status.Signal != 15 || err != errStop {
		t.Errorf("got %+v, %v", status, err)
	}
}

func TestCancelKillsWhatIsLeftAfterTheGrace(t *testing.T) {
	t.Parallel()
	const deaf = `trap "" TERM; echo ready; while :; do sleep 0.02; done`
	for name, script := range map[string]string{
		"the program":  deaf,
		"a descendant": `sh -c '` + deaf + `' & wait`,
	} {
		_, status, err := cancelled(t, script, 50*time.Millisecond) // returns when all have ended
		if status.Code < 128 || err != errStop {
			t.Errorf("%s: got %+v, %v", name, status, err)
		}
	}
}

func TestNothingIsStartedWhenCancelledBefore(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errStop)
	var out bytes.Buffer
	if _, err := sh("echo started", &out).Run(ctx); err != errStop || out.Len() > 0 {
		t.Errorf("got %v, %q", err, &out)
	}
}

func TestNoSignalAfterRelease(t *testing.T) {
	t.Parallel()
	r, w := pipe(t)
	c := sh("read line <&3; exit 5", nil)
	c.Files = []*os.File{r}
	p, err := c.Start()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	watch := process.Group(p.Pid()).Watch(ctx, 20*time.Second)
	watch.Release()
	cancel(errStop)
	if err := watch.Cause(); err != nil {
		t.Errorf("got %v", err)
	}
	w.Close()
	if status, err := p.Wait(t.Context()); status.Code != 5 || err != nil {
		t.Errorf("got %+v, %v", status, err)
	}
}

func TestZombiesOfOthersAreNotWaitedFor(t *testing.T) {
	t.Parallel()
	// The first process of this system may leave the orphan unreaped for long.
	begin := time.Now()
	_, _, err := cancelled(t, `sleep 1000 & echo ready; wait`, 20*time.Second)
	if took := time.Since(begin); err != errStop || took > 10*time.Second {
		t.Errorf("got %v after %v", err, took)
	}
}
