package shell

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/operators/command"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/internal/prop"
	"github.com/pawlhq/pawl/operator"
	"pgregory.net/rapid"
)

func TestPlainWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"ls":                                {"ls"},
		" \n\tls  -l\t a=b \n\n":            {"ls", "-l", "a=b"},
		`prog 'a  b' "c 'd'" e'f'"g" '' ""`: {"prog", "a  b", "c 'd'", "efg", "", ""},
		`/a/b-c.d_e,f:g@h+i%j 'x$y*"\'`:     {"/a/b-c.d_e,f:g@h+i%j", `x$y*"\`},
	} {
		if got, ok := plainWords(text); !ok || !slices.Equal(got, want) {
			t.Errorf("%q: got %q, %v", text, got, ok)
		}
	}
	for _, text := range []string{
		"", " \n", "a\nb", "a;b", "a|b", "a&", "a &", "(a)", "{ a; }", "a>b", "a<b", "a $b", `a "$b"`, "a `b`", "a \"`b`\"", `a \b`, `a "\b"`,
		"a *", "a ?", "a [b]", "a ~", "a #b", "a !", "a ^b", "a {b,c}", "A=b c", "=", "'ls'", `l"s"`, "a 'b", `a "b`, "a 'b\nc'", "a é", "a 'é'", "a\rb", "a\x00",
		"if", "cd x", "echo x", "true", ".", ":", "[ a", "exec ls", "setsid ls", "time ls", "export A",
	} {
		if got, ok := plainWords(text); ok {
			t.Errorf("%q: got %q", text, got)
		}
	}
}

// The list of commands that are no programs must hold all that the shell says
// it has itself.
func TestNoProgramIsNamedLikeSomethingOfTheShells(t *testing.T) {
	t.Parallel()
	names := slices.Collect(strings.FieldsSeq("let printf times break hash type bg fg jobs chdir histogram"))
	for _, folder := range []string{"/bin", "/usr/bin", "/sbin", "/usr/sbin"} {
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Skip(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
	}
	for word := range shellWords() {
		names = append(names, word)
	}
	// Each answer begins with its name, and has a path in it if it is a program.
	out, _ := exec.Command(defaultShell, append([]string{"-c", `for n; do command -V "$n"; done`, "sh"}, names...)...).Output()
	if len(out) == 0 {
		t.Fatal("no answer")
	}
	for line := range strings.Lines(string(out)) {
		name, what, _ := strings.Cut(strings.TrimSpace(line), " ")
		if !strings.Contains(what, "/") && !strings.Contains(what, "not found") && namesProgram(strings.TrimSuffix(name, ":")) {
			t.Errorf("%s %s", name, what)
		}
	}
}

func TestPlainEnv(t *testing.T) {
	t.Parallel()
	env := []string{"PWD=/w", "A=1", "b.c=2", "D=", "BASH_FUNC_x%%=() {  x; }", "E=3"}
	before := slices.Clone(env)
	got, ok := plainEnv(env, "/w")
	if diff := cmp.Diff([]string{"PWD=/w", "A=1", "D=", "E=3"}, got); diff != "" || !ok {
		t.Error(diff, ok)
	}
	if diff := cmp.Diff(before, env); diff != "" {
		t.Error(diff)
	}
	for _, v := range []string{"IFS=x", "OPTIND=2", "PPID=3", "LINENO=1", "PWD=/other"} {
		if _, ok := plainEnv([]string{v}, "/w"); ok {
			t.Error(v)
		}
	}
}

// laboratory returns a folder with programs of many kinds.
func laboratory(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"args":          "#!/bin/sh\necho \"$0\"; for a; do echo \"[$a]\"; done\n",
		"both":          "#!/bin/sh\necho out; echo err >&2; exit 7\n",
		"die":           "#!/bin/sh\nkill -$1 $$\n",
		"no-shebang":    "echo shebang: $1\n",
		"bad-shebang":   "#!/no/such/interpreter\n",
		"bin/in-path":   "#!/bin/sh\necho \"$0 $*\"\n",
		"other/in-path": "#!/bin/sh\necho other\n",
		"other/late":    "#!/bin/sh\necho late\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o755); err != nil { //nolint:gosec // programs are executable
			t.Fatal(err)
		}
	}
	for _, name := range []string{"plain-file", "bin/late"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("echo no\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// outcome is all that a run shows of itself.
type outcome struct {
	Output string
	Code   int
}

var runnerName = regexp.MustCompile(`\.digdag/tmp/digdag-sh-[-.0-9]+runner\.sh`)

// compare runs a text both ways and fails if they differ. It reports whether
// one was without a shell.
func compare(t interface {
	Helper()
	Fatalf(string, ...any)
}, tk operator.Task, text string,
) bool {
	t.Helper()
	finish := func(out *bytes.Buffer, s process.Status, err error) outcome {
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		lines := strings.SplitAfter(runnerName.ReplaceAllString(out.String(), "RUNNER"), "\n")
		if strings.Contains(text, "env") { // has no order
			slices.Sort(lines)
		}
		return outcome{strings.Join(lines, ""), s.Code}
	}
	ctx := contextOf(t)
	tk.Params = params.Of("_command", text, "p", 1, "odd.name", 2)
	env, err := command.Environment(ctx, &tk, tk.Params)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	var direct, through bytes.Buffer
	tk.Output = &direct
	p := startDirectly(&tk, text, env)
	if p == nil {
		return false
	}
	status, err := waitDirectly(ctx, &tk, p)
	got := finish(&direct, status, err)
	tk.Output = &through
	status, err = runText(ctx, &tk, []string{defaultShell}, text, env)
	if diff := cmp.Diff(finish(&through, status, err), got); diff != "" {
		t.Fatalf("%q (-shell +direct):\n%s", text, diff)
	}
	return true
}

func TestDirectAndShellAreTheSame(t *testing.T) {
	t.Parallel()
	if !shellIsDash() {
		t.Skip("the default shell is not dash, so there is no other way than through it")
	}
	dir := laboratory(t)
	tk := operator.Task{Project: dir, Workdir: dir, Env: []string{
		"PATH=" + dir + "/missing:" + dir + "/bin:" + dir + "/other:/usr/bin:/bin",
		"OLDPWD=/old", "_=/underscore", "SHLVL=3", "TERM=x", "MAIL=m", "ENV=/none", "PS1=p", "PS4=q", "HISTSIZE=1", "a.b=odd", "EMPTY=",
	}}
	for _, text := range []string{
		"/usr/bin/env", "env", "env -i", "printenv PWD p", "printenv none", "./both", dir + "/both", "in-path a 'b  c'", "./args a 'b  c' \"d\" '' e=f --g=h",
		"args", "./bad-shebang", "./no-shebang x", "/usr/bin/printf [%s] a", "/usr/bin/printf '[%s]\\n' a b", "cat", "/bin/false", "/bin/true", "head -c 5 args",
		"./die 1", "./die 2", "./die 9", "./die 11", "./die 13", "./die 15", "./die 34", "./die 40", "/bin/pwd", "pwd", "/usr/bin/id -u", "/bin/cat /proc/self/cmdline",
		"bin/in-path x", "./bin/../args", "sh -c 'exit 9'", "/bin/sh -c 'echo $0 $PWD'", "readlink /proc/self/fd/0", "ls /proc/self/fd", "expr 1 + 1", "sort args both",
	} {
		compare(t, tk, text)
	}
	for _, text := range []string{"late", "plain-file", "./plain-file", "missing", "./missing", dir, "./no-shebang", "bin", "bad-shebang"} {
		if compare(t, tk, text) {
			t.Errorf("%q was run without a shell", text)
		}
	}
	for _, text := range []string{"/usr/bin/env", "in-path", "./both", "cat", "./die 9"} {
		if !compare(t, tk, text) {
			t.Errorf("%q was run through the shell", text)
		}
	}
}

func TestDirectAndShellAreTheSameForRandomTexts(t *testing.T) {
	t.Parallel()
	if !shellIsDash() {
		t.Skip("the default shell is not dash, so there is no other way than through it")
	}
	dir := laboratory(t)
	tk := operator.Task{Project: dir, Workdir: dir, Env: []string{"PATH=/usr/bin:/bin"}}
	piece := rapid.SampledFrom(slices.Collect(strings.SplitSeq(
		`a|b c| |  |'x y'|"x y"|''|-n|--k=v|=|%|@|:|/|.|..|,|+|_|0|1|~|$|$HOME|*|?|[a]|#|!|^|{a,b}|\|;|&|>|<|`+"`|\n|\t|'|\"|é|if|\"'\"|'\"'|%s|2>", "|")))
	direct := 0
	prop.Check(t, func(t *rapid.T) {
		text := "./args " + strings.Join(rapid.SliceOfN(piece, 0, 6).Draw(t, "pieces"), "")
		if compare(t, tk, text) {
			direct++
		}
	})
	if direct == 0 {
		t.Error("none was run without a shell")
	}
}

func TestEnvironmentMayKeepThingsInTheShell(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, env := range [][]string{
		{"A=1"},
		{"PATH="},
		{"PATH=bin:/usr/bin"},
		{"PATH=/usr/bin%builtin:/usr/bin"},
		{"PATH=/usr/bin:/bin", "IFS=x"},
	} {
		tk := &operator.Task{Project: dir, Workdir: dir}
		if p := startDirectly(tk, "env", append(env, "PWD="+dir)); p != nil {
			_, err := p.Wait(contextOf(t))
			t.Errorf("%v: started without a shell (%v)", env, err)
		}
	}
}

func TestObituaryIsNotWrittenWhenTheTaskIsCancelled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var out bytes.Buffer
	tk := &operator.Task{Project: dir, Workdir: dir, Output: &out}
	p := startDirectly(tk, "/bin/sleep 1000", []string{"PWD=" + dir})
	if p == nil {
		t.Skip("the default shell is not dash, so there is no other way than through it")
	}
	ctx, stop := cancelled(t)
	if _, err := waitDirectly(ctx, tk, p); !errors.Is(err, stop) || out.Len() > 0 {
		t.Errorf("got %v, %q", err, &out)
	}
}
