package memo_test

import (
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/memo"
	"github.com/pawlhq/pawl/internal/params"
)

// Whatever way a command comes to a script that it names, the script counts.
func TestScriptsOfCommandsCount(t *testing.T) {
	t.Parallel()
	for _, command := range []string{
		"./s.sh", "sh s.sh", "bash -e s.sh", "sh -x ./s.sh", "bash -o pipefail s.sh", "env A=1 ./s.sh", "A=1 B='x y' ./s.sh",
		"cd lib && ../s.sh", "echo hi; ./s.sh", "true | sh s.sh", "sh<s.sh", "sh -c './s.sh a'", "sh -c \"cd lib; ../s.sh\"",
		"(./s.sh)", "x=1;./s.sh", "run --file=s.sh", "echo hi # it's\n./s.sh", `./s"."sh`, `./s\.sh`, "eval './s.sh'", "./s.sh > s.log",
		"echo x > s.sh; sh s.sh", "if true; then ./s.sh; fi", "{ ./s.sh; }", "awk '{print $1}' s.sh", "exec ./s.sh &", "curl -d @s.sh x",
		"PATH=lib ./s.sh", "./s.\\\nsh",
	} {
		s := newSite(t, "sh", params.Of("_command", command), map[string]string{"s.sh": "1", "lib/x": "1"})
		s.changes(command+": the script", func() { s.write("s.sh", "2") }, true)
	}
	for _, command := range []string{"cd lib && ./x.py", "cd lib; cd deep; cd ..; python x.py", "python -u lib/x.py", "(cd lib; python -m x)", "env -C lib python x.py", "python -m lib.x"} {
		s := newSite(t, "sh", params.Of("_command", command), map[string]string{"lib/x.py": "import y", "lib/y.py": "1", "lib/deep/z": "1", "y.py": "1"})
		s.changes(command+": the script", func() { s.write("lib/x.py", "import y; a") }, true)
		s.changes(command+": what that imports", func() { s.write("lib/y.py", "2"); s.write("y.py", "2") }, true)
	}
	s := newSite(t, "sh", params.Of("_command", "python lib"), map[string]string{"lib/__main__.py": "1", "lib/y.py": "1"})
	s.changes("what stands for a folder", func() { s.write("lib/__main__.py", "2") }, true)
	s = newSite(t, "sh", params.Of("_command", "x.sh", "_env", params.Of("PATH", "bin:/bin")), map[string]string{"bin/x.sh": "1"})
	s.changes("a program on its own PATH", func() { s.write("bin/x.sh", "2") }, true)
	s = newSite(t, "sh", params.Of("_command", "echo x > out"), map[string]string{"out": "1"})
	s.changes("what it writes", func() { s.write("out", "2") }, false)
}

// A command of which nobody can say what it runs has no version.
func TestCommandsThatAreNotKnown(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]string{
		"sh $SCRIPT": "$", "sh \"$SCRIPT\"": "$", "sh `cat which`": "`", "sh $(cat which)": "$", "sh *.sh": "*", "sh ?.sh": "?", "sh [a-c].sh": "[",
		"cat {a,b}": "{", "sh 's.sh": "quote", "sh -c 'sh $X'": "$", "eval 'sh $X'": "$", "make all": "make", "cd lib && /usr/bin/make": "make", "~/s.sh": "~",
	} {
		s := newSite(t, "sh", params.Of("_command", command), map[string]string{"a.sh": "1"})
		_, why, err := memo.Version(memo.Asked{Task: &s.task}, s.memo)
		if err != nil || !strings.Contains(why, want) || !strings.Contains(why, "version") {
			t.Errorf("%q: %q, %v; want %s and a way out", command, why, err, want)
		}
		s.memo.Files = []string{"a.sh"}
		s.changes("a named file", func() { s.write("a.sh", "2") }, true)
		s.memo.Files, s.memo.Version = nil, "1"
		s.version()
	}
	s := newSite(t, "sh", params.Of("_command", "x", "shell", []params.Value{"ruby"}), nil)
	if _, why, err := memo.Version(memo.Asked{Task: &s.task}, s.memo); err != nil || !strings.Contains(why, "ruby") {
		t.Error(why, err)
	}
}
