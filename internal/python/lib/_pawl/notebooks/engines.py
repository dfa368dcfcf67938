"""What executes notebooks: papermill, ploomber-engine, or nbclient."""
import logging
import os
import re
import sys
import time

from _pawl.notebooks import NotebookError, install, kernels, need, option


class CellFailed(Exception):
    """Code of a cell has raised something."""

    def __init__(self, cell, kind, message, traceback):
        super(CellFailed, self).__init__(message)
        self.cell = cell  # the execution count, as the notebook shows it
        self.kind = kind
        self.message = message
        self.traceback = re.sub("\x1b\\[(K|.*?m)", "", traceback)


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
        with_nbclient(source, target, {name: params[name] for name in params if name in NBCLIENT}, looking.way(debug, task.name))
        return
    if option(task, "executor") == "ploomber-engine":
        with_engine(source, target, params)
        return
    kernels.keep_in_group()
    try:
        papermill = need("papermill", "")
    except NotebookError:
        with_nbclient(source, target, params)
    else:
        with_papermill(papermill, source, target, params)


def with_papermill(papermill, source, target, params):
    params = dict({"stdout_file": sys.stdout, "stderr_file": sys.stderr}, **params)
    if params.pop("progress_bar", False):
        params.update(Progress(source).hooks())
    own = logging.getLogger("papermill")
    if own.level == logging.NOTSET:
        own.setLevel(logging.WARNING)  # which files it reads and writes is no message of the task
    try:
        papermill.execute_notebook(source, target, progress_bar=False, **params)
    except papermill.PapermillExecutionError as error:
        raise CellFailed(error.exec_count, error.ename, error.evalue, "\n".join(error.traceback))


def with_engine(source, target, params):
    params.pop("engine_name", None)
    engine = need("ploomber_engine", "executor: ploomber-engine is not installed", "ploomber-engine")
    engine.execute_notebook(source, target, **dict({"log_output": True, "progress_bar": False}, **params))


NBCLIENT = {"cwd", "kernel_name", "start_timeout", "execution_timeout", "timeout", "iopub_timeout", "progress_bar", "log_output", "request_save_on_cell_execute"}
"""Parameters of papermill that nbclient makes superfluous or can do."""


def with_nbclient(source, target, params, way=None):
    nbclient = need("nbclient", "notebooks need papermill or nbclient", "papermill ipykernel")
    import nbformat
    from nbclient.exceptions import CellExecutionError

    unknown = sorted(set(params) - NBCLIENT)
    if unknown:
        raise NotebookError("only papermill knows %s of executor_params: %s" % (", ".join(unknown), install("papermill")))

    class Client(nbclient.NotebookClient):
        def process_message(self, *args, **keywords):
            output = super(Client, self).process_message(*args, **keywords)
            if output and output.output_type == "stream":
                stream = sys.stdout if output.name == "stdout" else sys.stderr
                stream.write(output.text)
                stream.flush()
            return output

    notebook = nbformat.read(source, as_version=4)
    limit = None if way else params.get("execution_timeout", params.get("timeout"))
    keywords = {"timeout": limit, "startup_timeout": params.get("start_timeout", 60)}
    if params.get("kernel_name"):
        keywords["kernel_name"] = params["kernel_name"]
    if "iopub_timeout" in params:
        keywords["iopub_timeout"] = params["iopub_timeout"]
    if params.get("progress_bar"):
        keywords.update(Progress(source).hooks())
    client = (way.derive(Client) if way else Client)(notebook, raise_on_iopub_timeout=True, resources={"metadata": {"path": params.get("cwd") or "."}}, **keywords)
    client.reset_execution_trackers()
    nbformat.write(notebook, target)  # nothing of an earlier run is to be taken for what this one did
    with client.setup_kernel():
        if way:
            way.begin(client)
        for index, cell in enumerate(notebook.cells):
            try:
                client.execute_cell(cell, index)
            except CellExecutionError as error:
                raise CellFailed(cell.get("execution_count"), error.ename, error.evalue, error.traceback)
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
