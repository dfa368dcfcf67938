"""Tasks that execute a notebook and make documents of it."""
import json
import os
import re

from _pawl import debugging
from _pawl.families import facts, packages
from _pawl.notebooks import NotebookError, analysis, documents, engines, kernels, option, rendered, streams, traces, warn
from _pawl.notebooks.places import Places


def run(task):
    made, main = documents.documents_of(task)  # first of all: a wrong exporter should not cost hours
    notebook = rendered(task)
    kernels.describe(notebook, option(task, "kernel"), option(task, "check_if_kernel_installed", True))
    analysis.check(task, notebook)
    if task._request.get("debug") in debugging.STEPS:
        debugging.step(task, analysis.Lines(notebook).text)
    source = option(task, "notebook")
    prepare(task, notebook, source)
    executed = os.path.splitext(main.path)[0] + ".ipynb"
    try:
        engines.execute(task, source, executed)
    except Exception as error:
        raise failed(task, error, executed, notebook) from None
    convert(made, executed)


def prepare(task, notebook, path):
    """Writes the notebook as it is to be executed."""
    notebook["metadata"]["papermill"] = {"parameters": task.params.to_json_serializable()}
    for cell in notebook["cells"]:
        if "injected-parameters" in cell["metadata"].get("tags", []) and option(task, "language") == "python":
            cell["source"] = formatted("".join(cell["source"]))
    with open(path, "w", encoding="utf-8") as file:
        json.dump(notebook, file, default=str)  # dates


def formatted(code):
    """Code with long lines broken, where black is there to do so."""
    if max(map(len, code.splitlines())) <= 88 and "e+" not in code:
        return code  # black would leave it as it is
    try:
        import black
    except ImportError:
        return code
    return black.format_str(code, mode=black.FileMode(string_normalization=False))


def convert(made, executed):
    """Makes the documents; the notebook stays only if it is one of them."""
    for document in sorted(made, key=lambda d: d.path == executed):  # that one is overwritten
        try:
            document.write(executed)
        except Exception as error:
            raise NotebookError("convert to %s: %s\nThe executed notebook is %s" % (shown(document.path), error, shown(executed))) from error
    if all(document.path != executed for document in made):
        os.remove(executed)


class CellError(Exception):
    """Code of a cell has raised something, which is told in its place."""


def failed(task, error, executed, notebook):
    """What is told of an execution that has failed."""
    if isinstance(error, NotebookError) or not os.path.exists(executed):
        return error  # nothing was executed
    where = "(what was executed is in %s)" % (uploaded(task, executed) or shown(executed))
    cells = traces.Cells(notebook, Places(option(task, "places")), task._request["file"])
    if not isinstance(error, engines.CellFailed):
        return other(error, where, cells)
    if error.kind == "DAGBuildEarlyStop":
        from ploomber.exceptions import DAGBuildEarlyStop

        return DAGBuildEarlyStop(error.message)
    facts.settle(error.message)
    of_r = option(task, "language") == "r"
    trace, inside, (file, line) = (traces.of_r if of_r else traces.of_python)(error.frames, cells, error.cell)
    message = " ".join(error.message.split())
    if error.kind in ("SyntaxError", "IndentationError", "TabError"):
        message = re.sub(r" \([^()]*, line \d+\)\Z", "", message)  # of a file that is none
    place = "cell [%d]%s" % (cells.count(error.cell), cells.place(error.cell, inside)[2])
    if error.kind == "SystemExit":
        trace = ""  # IPython tells how to get one
    if of_r:
        lacking = packages.lacking(message, notebook)
        message, trace = "; ".join([message] + lacking), "\n\n".join([trace] + lacking)
    kind, message = "" if of_r else error.kind, ("%s %s" % (message, where)).strip()
    head = ": ".join(part for part in (place, kind, message) if part)
    told = CellError(message)
    told._pawl = {
        "class": kind, "module": "", "message": message, "place": place, "file": file,
        "traceback": "%s\n\n%s" % (head, trace) if trace else head,
    }  # fmt: skip
    if line:
        told._pawl["line"] = line
    return told


def other(error, where, cells):
    """What is told where no cell has raised anything."""
    at, cell, kind = "", streams.cell_that_runs, type(error).__name__
    if cell is not None:
        at = "cell [%d]%s: " % (cells.count(cell), cells.place(cell, 1)[2])
    text = "%s: %s" % (kind, error)
    if kind == "DeadKernelError":
        text = kernels.ended() or text
    elif kind == "CellTimeoutError":
        text = re.sub(r"(?s).*, after (\S+ seconds)\..*", r"it took longer than \1", str(error))
    told = NotebookError("%s%s %s" % (at, text, where))
    said = getattr(error, "_pawl", None)
    if said:  # by code that has run in this process
        told._pawl = said
    return told


def uploaded(task, executed):
    """Where the notebook was uploaded; None where it was not."""
    if not task._request.get("product_client"):
        return None
    from _pawl import objects

    try:
        client = objects.client_of(task._request["product_client"])
        client.upload(executed)
    except Exception as error:
        warn("upload %s: %s" % (executed, error))
        return None
    return "%s, and where %s keeps it" % (shown(executed), type(client).__name__)


def shown(path):
    """A path for people: relative where it is below the working directory."""
    below = os.path.relpath(path)
    return path if below.startswith(os.pardir) else below
