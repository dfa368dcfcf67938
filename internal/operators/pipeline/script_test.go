package pipeline_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/operator"
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

func TestFailedScriptOfPythonTellsItsOwnCalls(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ code, message, trace string }{
		"exception": {"def f():\n    raise ValueError('of no use')\nf()\n", "ValueError: of no use",
			"Traceback (most recent call last):\n  File \"SOURCE\", line 10, in <module>\n    f()\n  File \"SOURCE\", line 9, in f\n    raise ValueError('of no use')\nValueError: of no use\n"},
		"label":   {"import pawl\npawl.fail('gone', 'no more')\n", "Failure: gone: no more", "Traceback (most recent call last):\n  File \"SOURCE\", line 9, in <module>\n    pawl.fail('gone', 'no more')\nFailure: gone: no more\n"},
		"its end": {"import sys\nprint('why', file=sys.stderr)\nsys.exit(3)\n", "NotebookError: the script ended with code 3: why", "NotebookError: the script ended with code 3: why\n\nwhy\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProject(t, map[string]string{
				"pipeline.yaml": "tasks:\n- {source: s.py, class: ScriptRunner, product: out/s.txt}\n", "s.py": script + tc.code,
			})
			_, err := p.run()
			var e *operator.Error
			if !errors.As(err, &e) {
				t.Fatalf("error is %v", err)
			}
			trace, _ := e.Props.StringOr("traceback", "")
			if want := strings.ReplaceAll(tc.trace, "SOURCE", filepath.Join(p.dir, "s.py")); e.Message != tc.message || trace != want {
				t.Errorf("got %q and\n%s\nwant %q and\n%s", e.Message, trace, tc.message, want)
			}
			if label, _ := e.Props.StringOr("label", ""); name == "label" && label != "gone" {
				t.Errorf("the label is %q", label)
			}
		})
	}
}

func TestFailedScriptOfRTellsItsOwnCalls(t *testing.T) {
	t.Parallel()
	needR(t)
	p := newProject(t, map[string]string{
		"pipeline.yaml": "tasks:\n- {source: r.R, class: ScriptRunner, product: out/r.txt}\n",
		"r.R": "# + tags=[\"parameters\"]\nupstream <- NULL\nproduct <- NULL\n# -\n\n# +\n" +
			"inner <- function(n) stop('no rows of ', n)\nouter <- function() inner(17)\ntryCatch(stop('handled'), error = function(e) NULL)\nouter()\n",
	})
	_, err := p.run()
	var e *operator.Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %v", err)
	}
	trace, _ := e.Props.StringOr("traceback", "")
	source := filepath.Join(p.dir, "r.R")
	want := "Error in inner(17): no rows of 17\nCalls:\n" +
		"  " + source + ":10: outer()\n" +
		"  " + source + ":8: inner(17)\n" +
		"  " + source + ":7: stop(\"no rows of \", n)"
	if class, _ := e.Props.StringOr("class", ""); class != "simpleError" || trace != want || e.Message != "simpleError: no rows of 17" {
		t.Errorf("got %s, %q, and\n%s\nwant\n%s", class, e.Message, trace, want)
	}
}

func TestFunctionsSayWhyTheyFail(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{
		"pipeline.yaml": "tasks:\n- {source: code.work, product: out/a.txt}\n",
		"code.py":       "import pawl\n\ndef work(product):\n    pawl.fail('out_of_stock', 'no more of 17', {'sku': 17})\n",
	})
	_, err := p.run()
	var e *operator.Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %v", err)
	}
	label, _ := e.Props.StringOr("label", "")
	trace, _ := e.Props.StringOr("traceback", "")
	if label != "out_of_stock" || strings.Contains(trace, "guest.py") || !strings.Contains(e.Message, "out_of_stock: no more of 17") {
		t.Errorf("got %q %q\n%s", label, e.Message, trace)
	}
}
