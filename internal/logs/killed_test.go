//go:build unix

package logs_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/blob/file"
	"github.com/pawlhq/pawl/internal/logs"
)

// workerVariable has this program be a worker that prints, with its folders for
// objects and for what is not uploaded.
const workerVariable = "PAWL_TEST_PRINTING_WORKER"

func TestMain(m *testing.M) {
	if folders := os.Getenv(workerVariable); folders != "" {
		if err := printForever(folders); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

const before = 1000

// printForever prints lines to both outputs as a program does, says so once they
// can be read, and prints on.
func printForever(folders string) error {
	at, spool, _ := strings.Cut(folders, "\n")
	objects, err := file.Open(at)
	if err != nil {
		return err
	}
	b, err := logs.OpenBucket(logs.BucketConfig{Objects: objects, Prefix: "/logs", Spool: spool, Failed: func(error) {}})
	if err != nil {
		return err
	}
	o := &logs.Output{Store: b, ID: id, Task: task}
	var out, errs io.Writer = o, o.Errors()
	if f, _ := o.File(); f != nil {
		g, err := o.ErrorFile()
		if err != nil {
			return err
		}
		out, errs = f, g
	}
	seen := b.FollowFrom(context.Background(), id, task, logs.Show{}, 0)
	for i := 0; ; i++ {
		if _, err := fmt.Fprintf(out, "out %d\n", i); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(errs, "err %d\n", i); err != nil {
			return err
		}
		if i != before {
			continue
		}
		for text := ""; !strings.Contains(text, fmt.Sprintf("err %d\n", before)); {
			more, err := io.ReadAll(seen)
			if err != nil {
				return err
			}
			text += string(more)
		}
		fmt.Println("printed")
	}
}

// What a worker has printed that is killed, the next one on the machine uploads.
func TestWhatAKilledWorkerHasPrintedIsNotLost(t *testing.T) {
	t.Parallel()
	at, spool := t.TempDir(), t.TempDir()
	worker := exec.Command(os.Args[0])
	worker.Env = append(os.Environ(), workerVariable+"="+at+"\n"+spool)
	worker.Stderr = os.Stderr
	said, err := worker.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := worker.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(said).ReadString('\n')
	if line != "printed\n" || err != nil {
		t.Errorf("the worker says %q, %v", line, err)
	}
	if err := worker.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = worker.Wait() // it was killed

	objects, err := file.Open(at)
	if err != nil {
		t.Fatal(err)
	}
	closes(t, openBucket(t, objects, spool, func(err error) { t.Error(err) })) // uploads it
	elsewhere := openBucket(t, objects, t.TempDir(), func(err error) { t.Error(err) })
	defer closes(t, elsewhere)
	for stream, name := range map[logs.Stream]string{logs.Stdout: "out", logs.Stderr: "err"} {
		from, err := elsewhere.Open(t.Context(), id, task, logs.Show{Stream: stream})
		if err != nil {
			t.Fatal(err)
		}
		in, n := bufio.NewScanner(from), 0
		for ; in.Scan() && in.Text() == fmt.Sprintf("%s %d", name, n); n++ {
		}
		if n <= before || strings.Contains(in.Text(), "out") && name == "err" {
			t.Errorf("of %v %d lines are left, then %q", stream, n, in.Text())
		}
		if err := from.Close(); err != nil {
			t.Error(err)
		}
	}
}
