package runnertest

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/pawlhq/pawl/runner"
)

// RunLauncher runs the suite of runner.Launcher. Each test gets two launchers from
// open, which share their programs as if they were in two processes, and closes
// both. They must be able to run sh.
func RunLauncher(t *testing.T, open func(t *testing.T) (first, second runner.Launcher)) {
	for _, test := range []struct {
		name string
		run  func(y *yard)
	}{
		{"ExitCodesAreTold", exitCodesAreTold},
		{"InputAndArgumentsArriveAsTheyAre", inputArrives},
		{"WhatWasLaunchedIsListedByItsPrefix", prefixSelects},
		{"ManyAtATime", manyAtATime},
		{"WhatWasKilledIsLost", killedIsLost},
		{"WhatCanNotBeginIsTold", cannotBegin},
		{"CancelAsksAProgramToEnd", cancelAsks},
		{"CancelAndForgetOfTheUnknown", unknownNames},
		{"ForgottenIsNotListed", forgottenIsNotListed},
		{"ProgramsOutliveTheirLauncher", outliveTheirLauncher},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			first, second := open(t)
			y := &yard{T: t, Launcher: first, second: second, prefix: "t" + strings.ReplaceAll(uuid.NewString(), "-", "")[:12] + "-"}
			t.Cleanup(y.clear)
			test.run(y)
		})
	}
	t.Cleanup(func() { goleak.VerifyNone(t) })
}

// yard is a launcher under test, with another process's.
type yard struct {
	*testing.T
	runner.Launcher
	second runner.Launcher
	prefix string
	closed bool
}

// clear ends and forgets what a test has left.
func (y *yard) clear() {
	ctx := context.Background()
	for _, s := range y.list(y.second, y.prefix) {
		if err := y.second.Cancel(ctx, s.Name); err != nil {
			y.Errorf("Cancel: %v", err)
		}
		y.until(s.Name, func(s runner.Status) bool { return s.State.Over() })
		if err := y.second.Forget(ctx, s.Name); err != nil {
			y.Errorf("Forget: %v", err)
		}
	}
	if err := y.second.Close(); err != nil {
		y.Errorf("Close: %v", err)
	}
	if y.closed {
		return
	}
	if err := y.Close(); err != nil {
		y.Errorf("Close: %v", err)
	}
}

func (y *yard) name(n int) string { return fmt.Sprintf("%s%02d", y.prefix, n) }

// sh returns the n-th program of a test: a script, which may have arguments.
func (y *yard) sh(n int, script string, args ...string) runner.Order {
	return runner.Order{
		Name: y.name(n), Task: "+test+\"task\" " + fmt.Sprint(n),
		Command: append([]string{"sh", "-c", script, "sh"}, args...),
	}
}

func (y *yard) launch(o runner.Order) {
	y.Helper()
	if err := y.Launch(y.Context(), o); err != nil {
		y.Fatalf("Launch: %v", err)
	}
}

func (y *yard) list(l runner.Launcher, prefix string) []runner.Status {
	y.Helper()
	list, err := l.List(context.Background(), prefix)
	if err != nil {
		y.Fatalf("List: %v", err)
	}
	return list
}

// until waits for a fact about a program, which must be listed.
func (y *yard) until(name string, fact func(runner.Status) bool) runner.Status {
	y.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var last []runner.Status
	for deadline := time.After(2 * patience); ; {
		last = y.list(y.second, name)
		if len(last) != 1 || last[0].Name != name {
			y.Fatalf("%d programs are listed as %s: %v", len(last), name, last)
		}
		if fact(last[0]) {
			return last[0]
		}
		select {
		case <-tick.C:
		case <-deadline:
			y.Fatalf("for %v it is %+v", 2*patience, last[0])
		}
	}
}

func (y *yard) running(n int) {
	y.Helper()
	y.until(y.name(n), func(s runner.Status) bool { return s.State == runner.Running })
}

// over waits for the end of a program.
func (y *yard) over(n int) runner.Status {
	y.Helper()
	return y.until(y.name(n), func(s runner.Status) bool { return s.State.Over() })
}

func (y *yard) exits(n, code int) {
	y.Helper()
	if s := y.over(n); s.State != runner.Exited || s.Code != code {
		y.Errorf("program %d: %+v, want exit code %d", n, s, code)
	}
}

func exitCodesAreTold(y *yard) {
	for n, code := range []int{0, 3} {
		y.launch(y.sh(n, fmt.Sprint("exit ", code)))
		y.exits(n, code)
	}
}

// source is the beginning of scripts that read their input, with n arguments
// besides: it may be in a file that follows them.
func source(n int) string { return fmt.Sprintf(`in=${%d:--}; `, n+1) }

func inputArrives(y *yard) {
	var input bytes.Buffer
	for i := range 50_000 {
		fmt.Fprintf(&input, "%d$HOME'\"`\\\x00\n", i)
	}
	o := y.sh(0, source(0)+`test "$(cat "$in" | wc -c)" -eq `+fmt.Sprint(input.Len()))
	o.Input = input.Bytes()
	y.launch(o)
	args := []string{"", "a b", `it's "$HOME" \n`, "*", "line\nbreak", "-x", "ä"}
	test := source(len(args))
	for i := range args {
		test += fmt.Sprintf(`[ "$%d" = "$(printf %%b '%s')" ] && `, i+1, octal(args[i]))
	}
	o = y.sh(1, test+`[ "$(cat "$in")" = EOF ]`, args...)
	o.Input = []byte("EOF\n")
	y.launch(o)
	y.launch(y.sh(2, source(0)+`[ -z "$(cat "$in")" ]`))
	for n := range 3 {
		y.exits(n, 0)
	}
}

// octal returns a text as printf %b takes it.
func octal(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&b, `\0%o`, c)
	}
	return b.String()
}

func prefixSelects(y *yard) {
	y.launch(y.sh(1, "exit 0"))
	y.launch(y.sh(2, "exit 0"))
	for prefix, want := range map[string]int{y.prefix: 2, y.name(1): 1, y.name(3): 0, y.prefix[1:]: 0} {
		for _, l := range []runner.Launcher{y.Launcher, y.second} {
			if got := y.list(l, prefix); len(got) != want {
				y.Errorf("%d programs begin with %s, want %d: %v", len(got), prefix, want, got)
			}
		}
	}
	y.over(1)
	y.over(2)
}

func manyAtATime(y *yard) {
	const n = 12
	failed := make(chan error, n)
	for i := range n {
		o := y.sh(i, fmt.Sprint("exit ", i))
		go func() { failed <- y.Launch(y.Context(), o) }()
	}
	for range n {
		if err := <-failed; err != nil {
			y.Errorf("Launch: %v", err)
		}
	}
	if got := y.list(y.second, y.prefix); len(got) != n {
		y.Errorf("%d programs are listed, want %d: %v", len(got), n, got)
	}
	for i := range n {
		s := y.until(y.name(i), func(s runner.Status) bool { return s.State.Over() })
		if s.State != runner.Exited || s.Code != i {
			y.Errorf("program %d: %+v", i, s)
		}
	}
}

func killedIsLost(y *yard) {
	y.launch(y.sh(0, "kill -9 $$"))
	if s := y.over(0); s.State != runner.Lost {
		y.Errorf("it is %+v, want it lost", s)
	}
}

func cannotBegin(y *yard) {
	o := y.sh(0, "")
	o.Command = []string{"/nowhere/program", "argument"}
	if err := y.Launch(y.Context(), o); err != nil {
		return
	}
	if s := y.over(0); s.State != runner.Failed && (s.State != runner.Exited || s.Code == 0) {
		y.Errorf("it is %+v, want it failed", s)
	}
}

// forever is a script that runs until it is asked to end.
const forever = `trap 'exit 7' TERM; while :; do sleep 0.05; done`

func cancelAsks(y *yard) {
	y.launch(y.sh(0, forever))
	y.running(0)
	for range 2 {
		if err := y.second.Cancel(y.Context(), y.name(0)); err != nil {
			y.Errorf("Cancel: %v", err)
		}
	}
	// It may have been asked before it listens.
	if s := y.over(0); s.State == runner.Exited && s.Code != 7 && s.Code != 128+15 {
		y.Errorf("it is %+v, want it to have been asked", s)
	}
	if err := y.second.Cancel(y.Context(), y.name(0)); err != nil {
		y.Errorf("Cancel of what has ended: %v", err)
	}
}

func unknownNames(y *yard) {
	if err := y.Cancel(y.Context(), y.name(9)); err != nil {
		y.Errorf("Cancel: %v", err)
	}
	if err := y.Forget(y.Context(), y.name(9)); err != nil {
		y.Errorf("Forget: %v", err)
	}
}

func forgottenIsNotListed(y *yard) {
	for n := range 2 {
		y.launch(y.sh(n, "exit 0"))
		y.over(n)
	}
	if err := y.second.Forget(y.Context(), y.name(0)); err != nil {
		y.Fatalf("Forget: %v", err)
	}
	if got := y.list(y.second, y.prefix); len(got) != 1 || got[0].Name != y.name(1) {
		y.Errorf("listed are %v", got)
	}
}

func outliveTheirLauncher(y *yard) {
	y.launch(y.sh(0, forever))
	y.launch(y.sh(1, "exit 4"))
	y.running(0)
	y.closed = true
	if err := y.Close(); err != nil {
		y.Fatalf("Close: %v", err)
	}
	y.exits(1, 4)
	y.running(0)
}
