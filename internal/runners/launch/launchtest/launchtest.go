//go:build unix

// Package launchtest runs the suite of whole attempts on launchers of real programs,
// which are killed at random: each is the binary of the test.
package launchtest

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/runners/launch"
	"github.com/pawlhq/pawl/runner"
	"github.com/pawlhq/pawl/runner/runnertest"
)

// argument makes the binary of a test a program.
const argument = "launchtest-program"

// What is said between a test and its programs.
const (
	saysEnd  = "end"  // the program was asked to end
	saysDone = "done" // the report of its job is delivered
	saysDie  = "die"  // it is to be killed
)

// Main makes this process the program of a job if it was started as one, and does not
// return then. TestMain calls it before anything else.
func Main() {
	if len(os.Args) > 3 && os.Args[1] == argument {
		os.Exit(program(os.Args[2], os.Args[3])) //nolint:forbidigo // in place of the main function of a test
	}
}

// program has the test do the work of a job, and ends as it says.
func program(address, name string) int {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	test, err := net.Dial("tcp", address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	say(test, name)
	go func() {
		for range asked {
			say(test, saysEnd)
		}
	}()
	answer, err := bufio.NewReader(test).ReadString('\n')
	switch strings.TrimSpace(answer) {
	case saysDone:
		return 0
	case saysDie:
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL) // it ends this
	}
	fmt.Fprintln(os.Stderr, "the test is gone:", err)
	return 1
}

// say tells the other side, which may be gone.
func say(to net.Conn, word string) { _, _ = fmt.Fprintln(to, word) }

// Options say how a launcher is tested.
type Options struct {
	// Poll is how often it is asked what has become of programs. Defaults to 20 ms.
	Poll time.Duration
	// Few has fewer tasks run, for launchers that take long with each.
	Few bool
}

const defaultPoll = 20 * time.Millisecond

// RunAttempts runs the suite of whole attempts on a runner of launchers, of which each
// test gets one from open. One program in four is killed before, while or after it does
// its work. Launchers must run the test's binary on this machine, of which TestMain
// calls Main.
func RunAttempts(t *testing.T, o Options, open func(t *testing.T) runner.Launcher) {
	run := runnertest.RunAttempts
	if o.Few {
		run = runnertest.RunFewAttempts
	}
	run(t, true, func(t *testing.T) runner.Runner { return newYard(t, o, open(t)).runner() })
}

// yard is where programs find their work.
type yard struct {
	*testing.T
	launcher runner.Launcher
	poll     time.Duration
	instance string
	self     string
	listener net.Listener
	calls    sync.WaitGroup

	mu     sync.Mutex
	fates  *rand.Rand
	works  map[string]work
	report func([]runner.Report)
}

// work is what a program does.
type work struct {
	id runner.ID
	runner.Work
}

func newYard(t *testing.T, o Options, l runner.Launcher) *yard {
	t.Helper()
	y := &yard{T: t, launcher: l, poll: cmp.Or(o.Poll, defaultPoll), instance: uuid.NewString()[:8], fates: rand.New(rand.NewPCG(1, 2)), works: make(map[string]work)}
	var err error
	if y.self, err = os.Executable(); err != nil {
		t.Fatal(err)
	}
	if y.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	y.calls.Go(y.listen)
	t.Cleanup(y.clear)
	return y
}

// clear ends what a test has left.
func (y *yard) clear() {
	ctx := context.Background()
	late := time.Now().Add(time.Minute)
	for {
		list, err := y.launcher.List(ctx, "pawl-"+y.instance+"-")
		if err != nil || time.Now().After(late) {
			y.Errorf("List: %v, error %v", list, err)
		}
		if len(list) == 0 || y.Failed() {
			break
		}
		for _, s := range list {
			end := y.launcher.Cancel
			if s.State.Over() {
				end = y.launcher.Forget
			}
			if err := end(ctx, s.Name); err != nil {
				y.Error(err)
			}
		}
		time.Sleep(y.poll) //nolint:forbidigo // until a launcher says so
	}
	if err := y.listener.Close(); err != nil {
		y.Error(err)
	}
	y.calls.Wait()
	if err := y.launcher.Close(); err != nil {
		y.Errorf("Close: %v", err)
	}
}

func (y *yard) listen() {
	for {
		program, err := y.listener.Accept()
		if err != nil {
			return // the test is over
		}
		y.calls.Go(func() { y.talk(program) })
	}
}

// fate is when a program is killed.
type fate uint8

const (
	lives fate = iota
	diesBefore
	diesMeanwhile
	diesAfter
)

func (y *yard) fate() fate {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.fates.IntN(4) > 0 {
		return lives
	}
	return fate(1 + y.fates.IntN(3))
}

// talk does the work of a program, and delivers its report as long as it lives.
func (y *yard) talk(program net.Conn) {
	defer func() { _ = program.Close() }() // it knows all that there is to know
	heard := bufio.NewReader(program)
	name, err := heard.ReadString('\n')
	y.mu.Lock()
	w, ok := y.works[strings.TrimSpace(name)]
	y.mu.Unlock()
	if err != nil || !ok {
		return // it was killed, or is of a test that is over
	}
	fate := y.fate()
	if fate == diesBefore {
		say(program, saysDie)
		return
	}
	ctx, end := context.WithCancelCause(context.Background())
	defer end(nil)
	y.calls.Go(func() {
		for {
			if _, err := heard.ReadString('\n'); err != nil {
				end(errKilled)
				return
			}
			end(runner.ErrCancelled)
		}
	})
	if fate == diesMeanwhile {
		say(program, saysDie)
	}
	outcome := w.Run(ctx)
	switch {
	case fate == diesAfter:
		say(program, saysDie)
	case fate == lives && context.Cause(ctx) != errKilled: //nolint:errorlint // it is that, or another
		_ = y.deliver(ctx, runner.Report{ID: w.id, Outcome: outcome}) // it never fails
		say(program, saysDone)
	}
}

var errKilled = model.Errorf(model.Unavailable, "the program was killed")

// deliver tells the runner of the test.
func (y *yard) deliver(_ context.Context, r runner.Report) error {
	y.mu.Lock()
	report := y.report
	y.mu.Unlock()
	report([]runner.Report{r})
	return nil
}

// runner returns the runner of the test.
func (y *yard) runner() runner.Runner {
	return &known{launch.New(launch.Config{
		Launcher: y.launcher, Instance: y.instance, Deliver: y.deliver, Log: slog.New(slog.DiscardHandler), Poll: y.poll,
		Order: func(j *runner.Job) (runner.Order, error) {
			name := launch.NameOf(y.instance, j.ID)
			return runner.Order{Task: j.Task, Command: []string{y.self, argument, y.listener.Addr().String(), name}, Priority: j.Priority}, nil
		},
		Failed: func(reason error) runner.Outcome {
			y.Errorf("a program failed: %v", reason)
			return nil
		},
	}), y}
}

// known is a runner whose works the programs find.
type known struct {
	*launch.Runner
	y *yard
}

// Start implements runner.Runner.
func (k *known) Start(report func([]runner.Report)) error {
	k.y.mu.Lock()
	k.y.report = report
	k.y.mu.Unlock()
	return k.Runner.Start(report)
}

// Submit implements runner.Runner.
func (k *known) Submit(jobs []runner.Job) {
	k.y.mu.Lock()
	for _, j := range jobs {
		k.y.works[launch.NameOf(k.y.instance, j.ID)] = work{j.ID, j.Work}
	}
	k.y.mu.Unlock()
	k.Runner.Submit(jobs)
}
