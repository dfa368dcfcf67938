"""Tasks that execute a notebook and make documents of it."""
import json
import os

from _pawl import debugging
from _pawl.notebooks import NotebookError, analysis, documents, engines, kernels, option, rendered, warn


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
        raise failed(task, error, executed) from None
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


def failed(task, error, executed):
    """What is told of an execution that has failed."""
    if isinstance(error, NotebookError) or not os.path.exists(executed):
        return error  # nothing was executed
    where = uploaded(task, executed) or shown(executed)
    if not isinstance(error, engines.CellFailed):
        return NotebookError("%s: %s (what was executed is in %s)" % (type(error).__name__, error, where))
    if error.kind == "DAGBuildEarlyStop":
        from ploomber.exceptions import DAGBuildEarlyStop

        return DAGBuildEarlyStop(error.message)
    return NotebookError(
        "cell [%s]: %s: %s (what was executed is in %s)\n\n%s"
        % (error.cell, error.kind, " ".join(error.message.split()), where, error.traceback)
    )


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
