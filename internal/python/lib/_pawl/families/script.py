"""Tasks that run the code of a notebook or script as a program."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

from _pawl.notebooks import NotebookError, analysis, option, rendered, text_of

KEPT = 64 << 10
"""How much of the end of the standard error a failure tells."""


def run(task):
    notebook = rendered(task)
    analysis.check(task, notebook)
    program, suffix = interpreter(option(task, "language"))
    folder = os.path.dirname(task._request["file"])
    cells = [text_of(cell) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    descriptor, path = tempfile.mkstemp(suffix, "pawl-script-", os.path.dirname(option(task, "notebook")))
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("\n\n".join(cells))
        if suffix == ".R":
            execute_r(program, path, folder, cells, task._request["file"])
        else:
            execute([program, path], folder)
    finally:
        os.remove(path)


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


def execute_r(program, path, folder, cells, source):
    """Runs a script of R, whose own calls alone are told of."""
    boundary = os.path.join(os.path.dirname(os.path.abspath(__file__)), "boundary.R")
    failure = path + ".failure"
    try:
        execute([program, boundary], folder, {"PAWL_R_SCRIPT": path, "PAWL_R_FAILURE": failure})
    except NotebookError:
        if not os.path.exists(failure):
            raise
        with open(failure, encoding="utf-8", errors="replace") as file:
            kind, message, _, trace = file.read().split("\x1f", 3)

        def place(match):
            return "%s, %s: " % (source, where(cells, int(match.group(1))))

        trace, message = (re.sub(re.escape(path) + r":(\d+):(?:\d+:)? ?", place, text) for text in (trace, message))
        error = ScriptFailed(message)
        error._pawl = {"class": kind, "module": "R", "message": message, "traceback": trace, "file": source}
        raise error from None
    finally:
        if os.path.exists(failure):
            os.remove(failure)


def where(cells, line):
    """The place of a line of the cells one after the other."""
    for number, cell in enumerate(cells, 1):
        length = len(cell.split("\n"))
        if line <= length + 1:
            break
        line -= length + 1
    return "cell %d, line %d" % (number, line)


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
