package cli_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// pseudoTerminal returns both ends of one: what is typed and shown, and what a program
// has for its terminal.
func pseudoTerminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("needs pseudo terminals: %v", err)
	}
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return person, program
}

// converse runs the program at a terminal, where each answer is typed once the question
// before it is shown. It returns all that was shown and the exit code.
func converse(t *testing.T, dir string, env []string, args []string, questions ...[2]string) (string, int) {
	t.Helper()
	person, program := pseudoTerminal(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := exec.Command(exe, args...)
	p.Dir, p.Stdin, p.Stdout, p.Stderr = dir, program, program, program
	p.Env = append(slices.DeleteFunc(os.Environ(), func(e string) bool { return strings.HasPrefix(e, "CI=") }),
		asPawl+"=1", "XDG_CONFIG_HOME="+filepath.Join(dir, ".config"), "TERM=dumb", "TZ=UTC")
	p.Env = append(p.Env, env...)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	if err := program.Close(); err != nil {
		t.Fatal(err)
	}
	var shown strings.Builder
	buffer := make([]byte, 4096)
	for {
		n, err := person.Read(buffer) // which fails once the program has ended
		shown.Write(buffer[:n])
		if err != nil {
			break
		}
		if len(questions) > 0 && strings.HasSuffix(shown.String(), questions[0][0]) {
			if _, err := io.WriteString(person, questions[0][1]); err != nil {
				t.Fatal(err)
			}
			questions = questions[1:]
		}
	}
	_ = p.Wait() // the exit code tells
	if err := person.Close(); err != nil {
		t.Error(err)
	}
	if len(questions) > 0 {
		t.Errorf("nobody asked %q", questions[0][0])
	}
	return strings.ReplaceAll(shown.String(), "\r\n", "\n"), p.ProcessState.ExitCode()
}

// questionedProject is a folder with two workflows, one of which has inputs.
func questionedProject(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "daily.dig"), "+a:\n  echo>: daily runs\n", 0o644)
	write(t, filepath.Join(dir, "report.pawl.yaml"), `inputs:
  since: {type: date, description: the first day}
  limit: {type: integer, default: 10}
  mode: {enum: [fast, full]}
tasks:
  show: {echo: "since ${since}, ${mode}, at most ${limit}"}
`, 0o644)
	return dir
}

func TestSomebodyAtATerminalIsAsked(t *testing.T) {
	t.Parallel()
	const which = "Which one is to be run? [1-2] "
	shown, code := converse(t, questionedProject(t), nil, []string{"run", "--no-save"},
		[2]string{which, "7\n"}, [2]string{which, "2\n"},
		[2]string{"since (a date such as 2026-01-30): ", "tomorrow\n"}, [2]string{"since (a date such as 2026-01-30): ", "2026-01-30\n"},
		[2]string{`mode (one of "fast", "full"): `, "fast\n"})
	for _, want := range []string{
		"  1  daily\n  2  report\n", "give a number from 1 to 2, or a name", "since: the first day\n",
		`parameter "since" is "tomorrow", and is to be a date such as 2026-01-30`, "since 2026-01-30, fast, at most 10",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("there is no %q in\n%s", want, shown)
		}
	}
	if code != 0 || strings.Contains(shown, "limit (") {
		t.Errorf("exit code %d:\n%s", code, shown)
	}
}

func TestTheCommandThatGoesOnHasTheAnswers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "p.pawl.yaml"), "inputs: {n: integer}\ntasks: {a: {fail: wrong}}\n", 0o644)
	shown, code := converse(t, dir, nil, []string{"run"}, [2]string{"n (a whole number): ", "3\n"})
	if !strings.Contains(shown, "pawl run p --session") || !strings.Contains(shown, "--param n=3") || code != 1 {
		t.Errorf("exit code %d:\n%s", code, shown)
	}
}

func TestNobodyIsAskedWhoCanNotAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ env, args []string }{
		"--yes": {nil, []string{"run", "--yes"}},
		"CI":    {[]string{"CI=true"}, []string{"run"}},
		"JSON":  {nil, []string{"run", "--json"}},
	} {
		shown, code := converse(t, questionedProject(t), c.env, c.args)
		if code != 2 || !strings.Contains(shown, "there are several workflows: daily, report") {
			t.Errorf("%s: exit code %d:\n%s", name, code, shown)
		}
	}
}
