"""Tasks that run the code of a notebook or script as a program."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from _pawl.families import facts, packages
from _pawl.notebooks import NotebookError, analysis, option, rendered, text_of
from _pawl.notebooks.places import Places

KEPT = 64 << 10
"""How much of the end of the standard error a failure tells."""

HERE = os.path.dirname(os.path.abspath(__file__))


def run(task):
    notebook = rendered(task)
    analysis.check(task, notebook)
    program, suffix = interpreter(option(task, "language"))
    source = Source(notebook, Places(option(task, "places")), task._request["file"])
    descriptor, path = tempfile.mkstemp(suffix, "pawl-script-", os.path.dirname(option(task, "notebook")))
    failure = path + ".failure"
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(source.text)
        (execute_r if suffix == ".R" else execute_python)(program, path, failure, source)
    finally:
        os.remove(path)
        if os.path.exists(failure):
            os.remove(failure)


class Source(object):
    """The code of all cells one after the other, and where each line is from."""

    def __init__(self, notebook, places, file):
        self.notebook, self.file = notebook, file
        self.folder = os.path.dirname(file)
        self._places = places
        self._cells = [(i, text_of(c)) for i, c in enumerate(notebook["cells"]) if c["cell_type"] == "code"]
        self.text = "\n\n".join(text for _, text in self._cells)

    def place(self, line):
        """The cell and the line in it."""
        cell = 0
        for cell, text in self._cells:
            length = len(text.split("\n"))
            if line <= length + 1:
                break
            line -= length + 1
        return cell, line

    def told(self, line):
        return self._places.told(*self.place(line))

    def line(self, line):
        """The line of the file; None where it has no lines."""
        return self._places.line(*self.place(line))

    def called(self, line):
        """A place in the form of R."""
        of = self.line(line)
        return "%s:%d: " % (self.file, of) if of else "%s, %s: " % (self.file, self.told(line))

    def framed(self, line):
        """A place in the form of Python."""
        of = self.line(line)
        return 'File "%s", line %d' % (self.file, of) if of else 'File "%s", %s' % (self.file, self.told(line))


def interpreter(language):
    """The program for a language, and the suffix of its files."""
    if language == "python":
        return sys.executable, ".py"
    if language != "r":
        raise NotebookError("a script must be Python or R, not %s" % (language or "in an unknown language"))
    program = shutil.which("Rscript")
    if program is None:
        raise NotebookError("there is no Rscript: install R")
    return program, ".R"


class ScriptFailed(Exception):
    """The code of a script in another language has raised something."""


def execute_python(program, path, failure, source):
    """Runs a script of Python, whose own calls alone are told of."""
    try:
        execute([program, os.path.join(HERE, "boundary.py"), path, failure], source.folder)
    except NotebookError:
        if not os.path.exists(failure):
            raise
        with open(failure, encoding="utf-8") as file:
            told = json.load(file)
        told["traceback"] = re.sub(r'File "%s", line (\d+)' % re.escape(path), lambda m: source.framed(int(m.group(1))), told["traceback"])
        if told.get("file") == path:
            told["file"], line = source.file, told.pop("line", 0)
            if source.line(line):
                told["line"] = source.line(line)
        told.pop("column", None)  # which is for modules
        if told["class"] == "SyntaxError":
            told["message"] = re.sub(r"\(%s, line (\d+)\)" % re.escape(os.path.basename(path)), lambda m: "(%s)" % source.told(int(m.group(1))), told["message"])
            told["message"] += " (scripts have no magics: a NotebookRunner runs them)"
        raise failed(told) from None


def execute_r(program, path, failure, source):
    """Runs a script of R, whose own calls alone are told of."""
    of = {"PAWL_R_SCRIPT": path, "PAWL_R_FAILURE": failure, "PAWL_R_LIBRARY": os.path.join(HERE, "pawl.R")}
    try:
        execute([program, os.path.join(HERE, "boundary.R")], source.folder, of)
    except NotebookError:
        if not os.path.exists(failure):
            raise
        with open(failure, encoding="utf-8", errors="replace") as file:
            kind, message, line, trace = file.read().split("\x1f", 3)
        trace, message = (
            re.sub(re.escape(path) + r":(\d+):(?:\d+:)? ?", lambda m: source.called(int(m.group(1))), text) for text in (trace, message)
        )
        facts.settle(message)
        for lack in packages.lacking(message, source.notebook):
            trace, message = trace + "\n\n" + lack, message + "; " + lack
        told = {"class": kind, "module": "R", "message": message, "traceback": trace, "file": source.file}
        line = source.line(int(line or 0)) if line.isdigit() and int(line) else None
        if line:
            told["line"] = line
        raise failed(told) from None


def failed(told):
    error = ScriptFailed(told["message"])
    error._pawl = told
    return error


def execute(command, folder, more={}):
    """Runs a program; what it prints to standard error is in the failure too."""
    env = dict(os.environ, **more)
    env["PYTHONPATH"] = os.pathsep.join(p for p in (env.get("PYTHONPATH"), folder) if p)
    sys.stdout.flush()
    process = subprocess.Popen(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    told = b""
    for line in iter(process.stderr.readline, b""):
        sys.stderr.buffer.write(line)
        sys.stderr.flush()
        told = (told + line)[-KEPT:]
    code = process.wait()
    if code == 0:
        return
    text = re.sub("\x1epawl\x1f[^\x1e]*\x1e\n", "", told.decode("utf-8", "replace")).strip()
    last = text.rpartition("\n")[2] if text else "it has told nothing"
    if "SyntaxError" in text:
        last += " (scripts have no magics: a NotebookRunner runs them)"
    raise NotebookError("the script ended with code %d: %s\n\n%s" % (code, last, text))
