"""Tasks that run the code of a notebook or script as a program."""
import os
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
    code = "\n\n".join(text_of(cell) for cell in notebook["cells"] if cell["cell_type"] == "code")
    descriptor, path = tempfile.mkstemp(suffix, "pawl-script-", os.path.dirname(option(task, "notebook")))
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(code)
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


def execute(command, folder):
    """Runs a program; what it prints to standard error is in the failure too."""
    env = dict(os.environ)
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
    text = told.decode("utf-8", "replace").strip()
    last = text.rpartition("\n")[2] if text else "it has told nothing"
    if "SyntaxError" in text:
        last += " (scripts have no magics: a NotebookRunner runs them)"
    raise NotebookError("the script ended with code %d: %s\n\n%s" % (code, last, text))
