package pipeline_test

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestScriptRunsInItsOwnFolder(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{
		"pipeline.yaml": "tasks:\n- {source: src/s.py, class: ScriptRunner, product: out/s.txt, params: {n: 7}}\n" +
			"- {source: src/r.R, class: ScriptRunner, product: out/r.txt, params: {n: 8}}\n",
		"src/helper.py": "def text(n): return 'n is %d' % n\n",
		"src/s.py":      script + "import os, helper\nopen(product, 'w').write(helper.text(n) + ' in ' + os.path.realpath('.'))\nprint('python said so')\n",
		"src/r.R":       "# + tags=[\"parameters\"]\nupstream <- NULL\nproduct <- NULL\n# -\n\n# +\nwriteLines(paste('n is', n), product)\nmessage('R said so')\n",
	})
	p.cwd = t.TempDir()
	out := p.mustRun()
	if got, want := p.read("out/s.txt"), "n is 7 in "+filepath.Join(p.dir, "src"); got != want {
		t.Errorf("python wrote %q, want %q", got, want)
	}
	if got, want := p.read("out/r.txt"), "n is 8\n"; got != want {
		t.Errorf("R wrote %q, want %q", got, want)
	}
	for _, want := range []string{"python said so\n", "R said so\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("printed %q, which lacks %q", out, want)
		}
	}
}

func TestRGetsTextThatIsNoASCII(t *testing.T) {
	t.Parallel()
	const r = "# + tags=[\"parameters\"]\nupstream <- NULL\nproduct <- NULL\n# -\n\n# +\n" +
		"writeLines(paste(utf8ToInt(name), collapse = ' '), product[['text']])\n"
	p := newProject(t, map[string]string{
		"pipeline.yaml": "tasks:\n- source: r.R\n  class: ScriptRunner\n  product: {text: out/\u00fc\u6570.txt}\n" +
			"  params: {name: \"\u00fc\u6570\U0001f600\\x01\"}\n",
		"r.R": r,
	})
	p.mustRun()
	if got, want := p.read("out/\u00fc\u6570.txt"), "252 25968 128512 1\n"; got != want {
		t.Errorf("R wrote %q, want %q", got, want)
	}
}

func TestFailedScriptTellsItsStandardError(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{
		"pipeline.yaml": "tasks:\n- {source: s.py, class: ScriptRunner, product: out/s.txt}\n",
		"s.py":          script + "raise ValueError('of no use')\n",
	})
	_, err := p.run()
	if err == nil || !strings.Contains(err.Error(), "the script ended with code 1: ValueError: of no use") {
		t.Errorf("error is %v", err)
	}
}
