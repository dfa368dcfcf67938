package pipeline_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/operator"
)

const scriptOfR = "# + tags=[\"parameters\"]\nupstream <- NULL\nproduct <- NULL\n# -\n\n# +\n"

// failedAs runs the task of a project with one notebook, and returns how it fails.
func failedAs(t *testing.T, files map[string]string) (e *operator.Error, trace, out string) {
	t.Helper()
	if strings.Contains(files["pipeline.yaml"], ".R") {
		needR(t)
	}
	p := newProject(t, files)
	out, err := p.run()
	if !errors.As(err, &e) {
		t.Fatalf("error is %v\n%s", err, out)
	}
	trace, _ = e.Props.StringOr("traceback", "")
	return e, strings.ReplaceAll(trace, p.dir, "DIR"), out
}

func TestFailuresOfNotebooksTellTheUsersOwnCalls(t *testing.T) {
	t.Parallel()
	const lib = "import json\ndef f(x):\n    return json.loads(x)\n"
	cell := `{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null, "source": "x = 1\nlib.f('{')"}`
	ipynb := `{"nbformat": 4, "nbformat_minor": 4, "metadata": {"kernelspec": {"name": "python3", "display_name": "", "language": "python"}}, "cells": [` +
		`{"cell_type": "markdown", "metadata": {}, "source": "# A"}, ` +
		`{"cell_type": "code", "metadata": {"tags": ["parameters"]}, "outputs": [], "execution_count": null, "source": "upstream = None\nproduct = None\nimport lib"}, ` + cell + `]}`
	for name, tc := range map[string]struct {
		file, code string
		message    string // that it begins with
		trace      []string
	}{
		"a function of a module": {"nb.py", script + "import lib\nlib.f('{')\n",
			"cell [3], nb.py:9: JSONDecodeError: Expecting property name", []string{"Cell In[3], line 2", "File DIR/lib.py:3, in f(x)"}},
		"a cell of an ipynb file": {"nb.ipynb", ipynb,
			"cell [3], line 2: JSONDecodeError: Expecting property name", []string{"Cell In[3], line 2", "File DIR/lib.py:3, in f(x)"}},
		"the end of Python": {"nb.py", script + "import sys\nsys.exit(3)\n", "cell [3]: SystemExit: 3 (what was executed is in out/nb.ipynb)", nil},
		"an interruption":   {"nb.py", script + "raise KeyboardInterrupt\n", "cell [3], nb.py:8: KeyboardInterrupt: (what was executed is in out/nb.ipynb)", nil},
		"a signal": {"nb.py", script + "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
			"NotebookError: cell [3], nb.py:8: the kernel was ended by signal 9 (SIGKILL); the system does that where memory runs out (what was executed is in out/nb.ipynb)", nil},
		"R": {"nb.R", scriptOfR + "inner <- function(n) stop('no rows of ', n)\n# -\n\n# +\nx <- 1\ninner(17)\n",
			"cell [4], nb.R:12: Error in inner(17): no rows of 17 (what was executed is in out/nb.ipynb)",
			[]string{"  cell [4], nb.R:12: inner(17)\n  cell [3], nb.R:7: stop(\"no rows of \", n)"}},
		"what is no R": {"nb.R", scriptOfR + "x <- 1\ny <- (\n", "cell [3], nb.R:", nil},
		"packages of R": {"nb.R", scriptOfR + "library(nosuchone)\nnosuchtwo::f()\nlibrary(stats)\n", "cell [3], nb.R:7: Error in library(nosuchone): there is no package called",
			[]string{`R lacks nosuchone and nosuchtwo: Rscript -e 'install.packages(c("nosuchone", "nosuchtwo"))'`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, trace, out := failedAs(t, map[string]string{
				"pipeline.yaml": "tasks:\n- {source: " + tc.file + ", product: out/nb.html}\n", tc.file: tc.code, "lib.py": lib,
			})
			if !strings.HasPrefix(e.Message, tc.message) {
				t.Errorf("message is %q, want %q", e.Message, tc.message)
			}
			for _, want := range tc.trace {
				if !strings.Contains(trace, want) {
					t.Errorf("traceback lacks %q:\n%s", want, trace)
				}
			}
			if strings.Contains(trace, "json/") || strings.Contains(out, "papermill") {
				t.Errorf("printed %q, and traceback\n%s", out, trace)
			}
		})
	}
}

// TestCodeInOtherProcessesSpeaksToPawl checks what notebooks and scripts say with the
// functions of pawl.
func TestCodeInOtherProcessesSpeaksToPawl(t *testing.T) {
	t.Parallel()
	const python = script + `import logging, pawl
logging.getLogger("app").warning("careful")
pawl.log.info("read", rows=3)
pawl.materialize("a/b", metadata={"rows": 12})
pawl.expect("n > 0", True)
try:
    pawl.fail("handled")
except Exception:
    pass
pawl.fail("gone", "no \"more\"", {"sku": 17})
`
	const r = scriptOfR + `warning("careful")
pawl$log$info("read", rows = 3)
pawl$materialize("a/b", metadata = list(rows = 12))
tryCatch(pawl$materialize("a/b", list(rows = 12)), error = function(e) NULL) # no partition
pawl$expect("n > 0", TRUE)
tryCatch(pawl$fail("handled"), error = function(e) NULL)
pawl$fail("gone", "no \"more\"", list(sku = 17))
`
	for name, tc := range map[string]struct{ file, code, class, warning string }{
		"notebook in Python": {"nb.py", python, "", "\x1epawl\x1fwarn\x1fapp\x1fcareful\x1f\x1e\n"},
		"script in Python":   {"nb.py", python, "class: ScriptRunner, ", "\x1epawl\x1fwarn\x1fapp\x1fcareful\x1f\x1e\n"},
		"notebook in R":      {"nb.R", r, "", "\x1epawl\x1fwarn\x1fR\x1fcareful\x1f\x1e\n"},
		"script in R":        {"nb.R", r, "class: ScriptRunner, ", "\x1epawl\x1fwarn\x1fR\x1fcareful\x1f\x1e\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.file == "nb.R" {
				needR(t)
			}
			p := newProject(t, map[string]string{
				"pipeline.yaml": "tasks:\n- {source: " + tc.file + ", " + tc.class + "product: out/nb.html}\n", tc.file: tc.code,
			})
			told := filepath.Join(t.TempDir(), "facts")
			p.env = append(p.env, "PAWL_FACTS="+told, "PAWL_LOG_LEVEL=info")
			out, err := p.run()
			if err == nil || !strings.Contains(err.Error(), `gone: no "more"`) {
				t.Errorf("error is %v", err)
			}
			for _, want := range []string{tc.warning, "\x1epawl\x1finfo\x1ftask\x1fread\x1f\x1frows\x1fj3\x1e\n"} {
				if !strings.Contains(out, want) {
					t.Errorf("printed %q, which lacks %q", out, want)
				}
			}
			lines := `{"product": "a/b", "metadata": {"rows": 12}}` + "\n" + `{"expectation": "n > 0", "ok": true, "severity": "warn"}` + "\n"
			if name != "script in Python" { // which is asked itself why it fails
				lines += `{"failure": {"label": "handled", "description": ""}}` + "\n" +
					`{"failure": {"label": "gone", "description": "no \"more\"", "metadata": {"sku": 17}}}` + "\n"
			}
			text, _ := os.ReadFile(told)
			if diff := cmp.Diff(lines, string(text)); diff != "" {
				t.Errorf("-want +told\n%s", diff)
			}
		})
	}
}

func TestAFailureThatWasHandledIsTakenBack(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{
		"pipeline.yaml": "tasks:\n- {source: nb.py, product: out/nb.html}\n",
		"nb.py":         script + "import pawl\ntry:\n    pawl.fail('handled')\nexcept Exception:\n    raise ValueError('another') from None\n",
	})
	told := filepath.Join(t.TempDir(), "facts")
	p.env = append(p.env, "PAWL_FACTS="+told)
	_, err := p.run()
	text, _ := os.ReadFile(told)
	if want := "{\"failure\": {\"label\": \"handled\", \"description\": \"\"}}\n{\"failure\": null}\n"; string(text) != want {
		t.Errorf("told %q, error %v", text, err)
	}
}
