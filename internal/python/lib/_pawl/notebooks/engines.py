"""What executes notebooks: papermill, ploomber-engine, or nbclient."""
import logging
import os
import re
import sys
import time

from _pawl.notebooks import NotebookError, inside, install, kernels, need, option, streams


class CellFailed(Exception):
    """Code of a cell has raised something."""

    def __init__(self, cell, kind, message, frames):
        super(CellFailed, self).__init__(message)
        self.cell = cell  # counted from 0, those of text too
        self.kind = kind
        self.message = COLOUR.sub("", message)
        self.frames = [COLOUR.sub("", frame) for frame in frames]


COLOUR = re.compile("\x1b\\[(K|.*?m)")


def execute(task, source, target):
    """Executes one notebook file into another, cell by cell.

    What cells print is printed here too.
    """
    params = dict(option(task, "executor_params", {}))
    if option(task, "local_execution"):
        params["cwd"] = os.path.dirname(task._request["file"])
    debug = task._request.get("debug") or option(task, "debug_mode")
    if debug and option(task, "language") == "python":
        if debug == "now" and not task._request.get("debug"):
            raise NotebookError("debug_mode: now needs a terminal, which only `pawl build` and `pawl task` have: use debug_mode: later")
        from _pawl.notebooks import looking

        kernels.keep_in_group()
        with_nbclient(source, target, {name: params[name] for name in params if name in NBCLIENT}, "python", looking.way(debug, task.name))
        return
    if option(task, "executor") == "ploomber-engine":
        with_engine(source, target, params)
        return
    kernels.keep_in_group()
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # what a client leaves behind that was given up
    try:
        papermill = need("papermill", "")
    except NotebookError:
        with_nbclient(source, target, params, option(task, "language"))
    else:
        with_papermill(papermill, source, target, params, option(task, "language"))


def with_papermill(papermill, source, target, params, language):
    papermill.engines.PapermillNotebookClient = streams.client(papermill.engines.PapermillNotebookClient, inside.begin, language)
    if params.pop("progress_bar", False):
        params.update(Progress(source).hooks())
    own = logging.getLogger("papermill")
    if own.level == logging.NOTSET:
        own.setLevel(logging.CRITICAL + 1)  # what it says of its files and its kernel is no message of the task
    try:
        papermill.execute_notebook(source, target, progress_bar=False, **params)
    except papermill.PapermillExecutionError as error:
        raise CellFailed(error.cell_index, error.ename, error.evalue, error.traceback) from None


def with_engine(source, target, params):
    params.pop("engine_name", None)
    engine = need("ploomber_engine", "executor: ploomber-engine is not installed", "ploomber-engine")
    engine.execute_notebook(source, target, **dict({"log_output": True, "progress_bar": False}, **params))


NBCLIENT = {"cwd", "kernel_name", "start_timeout", "execution_timeout", "timeout", "iopub_timeout", "progress_bar", "log_output", "request_save_on_cell_execute"}
"""Parameters of papermill that nbclient makes superfluous or can do."""


def with_nbclient(source, target, params, language, way=None):
    nbclient = need("nbclient", "notebooks need papermill or nbclient", "papermill ipykernel")
    import nbformat
    from nbclient.exceptions import CellExecutionError

    unknown = sorted(set(params) - NBCLIENT)
    if unknown:
        raise NotebookError("only papermill knows %s of executor_params: %s" % (", ".join(unknown), install("papermill")))

    base = streams.client(nbclient.NotebookClient, inside.begin, language)
    notebook = nbformat.read(source, as_version=4)
    limit = None if way else params.get("execution_timeout", params.get("timeout"))
    keywords = {"timeout": limit, "startup_timeout": params.get("start_timeout", 60)}
    if params.get("kernel_name"):
        keywords["kernel_name"] = params["kernel_name"]
    if "iopub_timeout" in params:
        keywords["iopub_timeout"] = params["iopub_timeout"]
    if params.get("progress_bar"):
        keywords.update(Progress(source).hooks())
    client = (way.derive(base) if way else base)(notebook, raise_on_iopub_timeout=True, resources={"metadata": {"path": params.get("cwd") or "."}}, **keywords)
    client.reset_execution_trackers()
    nbformat.write(notebook, target)  # nothing of an earlier run is to be taken for what this one did
    with client.setup_kernel():
        inside.begin(client, language)
        if way:
            way.begin(client)
        for index, cell in enumerate(notebook.cells):
            try:
                client.execute_cell(cell, index)
            except CellExecutionError as error:
                told = [o for o in cell.outputs if o.output_type == "error"]
                raise CellFailed(index, error.ename, error.evalue, told[-1].traceback if told else [error.traceback]) from None
            finally:
                nbformat.write(notebook, target)
        notebook.metadata["language_info"] = client.wait_for_reply(client.kc.kernel_info())["content"]["language_info"]
    nbformat.write(notebook, target)


class Progress(object):
    """Prints a line for each cell of code that was executed."""

    def __init__(self, source):
        import json

        with open(source, encoding="utf-8") as file:
            self._total = len(json.load(file)["cells"])
        self._began = 0

    def hooks(self):
        return {"on_cell_execute": self._begin, "on_cell_executed": self._end}

    def _begin(self, cell, cell_index):
        self._began = time.monotonic()

    def _end(self, cell, cell_index, execute_reply):
        print("cell %d of %d took %.1f s" % (cell_index + 1, self._total, time.monotonic() - self._began), flush=True)
