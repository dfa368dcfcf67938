"""Builds a pipeline that lives in this process.

The program pawl is started, which asks this process over a socket: what the
pipeline is, for its hooks and clients, and for a stem from which tasks are
forked.
"""
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile

from _pawl import debugging, describe, failures, made, requests, runs, stem, values
from ploomber.exceptions import NotOffered

INSTEAD = "write a function that returns the pipeline, and run `pawl build --entry-point MODULE.FUNCTION`"


class Owner(object):
    """A process that has what pawl asks for, while pawl runs."""

    def __init__(self, answer, debug=None):
        self.answer = answer
        self.debug = debug
        self.debugged = None  # the task that was looked into
        self.told = {}
        self.stems = []

    def run(self, *words, **options):
        """Runs pawl, and returns its exit code and what it prints, unless that is
        to be seen."""
        if not hasattr(socket, "AF_UNIX") or os.name != "posix":
            raise NotOffered("a pipeline is read and built by the process that has it on Linux and macOS alone: " + INSTEAD)
        ours, theirs = socket.socketpair()
        words = [program()] + list(words) + ["--python-fd", str(theirs.fileno())]
        stem.flush()
        with tempfile.TemporaryFile() as output:
            try:
                shown = None if options.get("shown") else output
                process = subprocess.Popen(
                    words, stdin=subprocess.DEVNULL, stdout=shown, pass_fds=[theirs.fileno()], env=environment(),
                    start_new_session=bool(self.debug),  # what people type is for the debugger
                )  # fmt: skip
            except FileNotFoundError:
                ours.close()
                raise NotOffered("building needs the program pawl: put it on PATH, or set PAWL_EXECUTABLE to its path") from None
            finally:
                theirs.close()
            code = self.serve(ours, process)
            output.seek(0)
            return code, output.read().decode("utf-8", "replace")

    def serve(self, connection, process):
        """Answers until pawl has ended."""
        interrupted = None
        stem.private.add(connection.fileno())
        lines, answers = connection.makefile("rb"), connection.makefile("wb")
        while True:
            try:
                line = lines.readline()
                if not line:
                    break
                answers.write(runs.encoded(self.reply(json.loads(line.decode("utf-8")))) + b"\n")
                answers.flush()
            except KeyboardInterrupt as error:
                interrupted = error
                if self.debug:  # else the terminal gives it to pawl, too
                    process.send_signal(signal.SIGINT)
            except OSError:
                break
        stem.private.discard(connection.fileno())
        for thing in lines, answers, connection:
            try:
                thing.close()
            except OSError:
                pass
        code = process.wait()
        for pid in self.stems:
            os.waitpid(pid, 0)
        if interrupted or code == 128 + signal.SIGINT:
            raise interrupted or KeyboardInterrupt()
        return code

    def reply(self, request):
        try:
            return {"value": values.plain(self.value(request))}
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            return {"error": failures.describe(error)}
        finally:
            runs.flush()

    def value(self, request):
        kind = request["kind"]
        if kind == "pipeline":
            return self.answer()
        if kind == "tell":
            self.told[request["what"]] = request["value"]
            return None
        if kind == "python":
            from _pawl import paths

            return {"program": sys.executable, "library": paths.LIBRARY, "path": os.pathsep.join(p or os.getcwd() for p in sys.path)}
        if kind == "debug":
            result = debugging.here(dict(request["task"], debug=self.debug))
            if result["outcome"] == "failed" and (self.debug == "now" or result["error"]["class"] in ("BdbQuit", "DebuggingFinished")):
                self.debugged = request["task"]["name"]
            return result
        if kind == "stem":
            pid, path = stem.grow()
            self.stems.append(pid)
            return path
        return requests.KINDS[kind](request)


def program():
    return os.environ.get("PAWL_EXECUTABLE") or "pawl"


def environment():
    """What pawl sees. What it starts imports this library as well."""
    from _pawl import paths

    found = dict(os.environ)
    folders = found.get("PYTHONPATH", "").split(os.pathsep)
    if paths.LIBRARY not in folders:
        found["PYTHONPATH"] = os.pathsep.join([paths.LIBRARY] + [f for f in folders if f])
    return found


def ask(dag, command, *words, **options):
    """Runs a command of pawl on a pipeline. Returns the owner with what it was
    told, the exit code, and what was printed."""
    before = made._dag
    made.keep(dag)
    owner = Owner(lambda: describe.pipeline(dag), **options)
    try:
        code, output = owner.run(command, *words, shown=command in ("build", "task"))
    finally:
        made._dag = before
    return owner, code, output


def build(dag, force, debug, close, target=None, skip_upstream=False):
    from ploomber.exceptions import DAGBuildError, DAGRenderError
    from ploomber.table import BuildReport

    words = ["--force"] * bool(force) + ["--skip-upstream"] * bool(skip_upstream)
    if target is not None:
        words += ["--partially", str(target)]
    words += debugging.option(debug)
    for task in dag._tasks.values():
        task._status = None
    try:
        owner, code, _ = ask(dag, "build", *words, debug=debugging.talks(debug, dag._tasks.values()))
    finally:
        if close:
            dag.close_clients()
    failed, report = owner.told.get("failures"), owner.told.get("report")
    for row in report or []:
        dag[row["name"]]._status = "executed" if row["Ran?"] else None if owner.debugged else "skipped"
    for task in dag._ordered() if failed else []:
        if task.name in failed:
            task._status = "errored"
        elif any(u._status in ("errored", "aborted") for u in task.upstream.values()):
            task._status = "aborted"
    if code:
        raise_told(owner, DAGRenderError if failed is None and "error" in owner.told else DAGBuildError, code)
    return None if report is None else BuildReport(report)


def raise_told(owner, kind, code):
    """Raises what has gone wrong."""
    if owner.debugged:
        from ploomber.exceptions import DebuggingFinished

        raise DebuggingFinished(owner.debugged)
    failed = owner.told.get("failures") or {}
    texts = ["Task %r has failed: %s" % item for item in failed.items()]
    if "error" in owner.told or not failed:
        texts.insert(0, owner.told.get("error") or "pawl has ended with code %s" % code)
    raise kind("\n\n".join(texts))


def build_task(task, force, debug=None):
    from ploomber.exceptions import TaskBuildError

    words = ["--force"] * bool(force) + ["--debug"] * bool(debug)
    owner, code, _ = ask(task.dag, "task", str(task.name), *words, debug=debug or debugging.talks(None, [task]))
    if code:
        raise_told(owner, TaskBuildError, code)
    task._status = "executed"
    return (owner.told.get("report") or [None])[0]


def debug_task(task, kind):
    from ploomber.exceptions import DebuggingFinished

    if type(task).__name__ not in ("PythonCallable", "NotebookRunner"):
        raise NotOffered("a %s can't be debugged" % type(task).__name__)
    if kind not in debugging.STEPS + ("pm",):
        raise ValueError("kind must be 'ipdb', 'pdb' or 'pm', not %r" % (kind,))
    try:
        build_task(task, True, "now" if kind == "pm" else kind)
    except DebuggingFinished:
        pass  # as was wanted


def render(dag, force):
    from ploomber.exceptions import DAGRenderError

    owner, code, output = ask(dag, "plan", "--json", *["--force"] * bool(force))
    if code:
        raise_told(owner, DAGRenderError, code)
    states = {row["task"]: row["verdict"] for row in map(json.loads, output.splitlines())}
    for task in dag._ordered():
        waits = any(u._status not in ("skipped", "executed") for u in task.upstream.values())
        task._status = {"run": "waiting_upstream" if waits else "waiting_execution", "fetch": "waiting_download"}.get(states[task.name], "skipped")


def status(dag):
    from ploomber.exceptions import DAGRenderError
    from ploomber.table import StatusReport

    owner, code, output = ask(dag, "status", "--json")
    if code:
        raise_told(owner, DAGRenderError, code)
    rows = {row["name"]: row for row in json.loads(output.splitlines()[-1])["report"]}
    for row in rows.values():
        if row["Outdated?"] == "False":
            row["Outdated?"] = False
    return StatusReport(rows[name] for name in dag)


BACKENDS = {None: "svg", "d3": "html", "mermaid": "mermaid", "pygraphviz": "svg"}


def plot(dag, output, include_products, backend):
    from ploomber.exceptions import PlotException

    if backend not in BACKENDS:
        raise PlotException("backend must be None, 'd3', 'mermaid' or 'pygraphviz', not %r" % (backend,))
    formats = {".html": "html", ".svg": "svg", ".dot": "dot", ".mmd": "mermaid"}
    suffix = os.path.splitext(os.fspath(output))[1]
    if output != "embed" and suffix not in formats:
        raise PlotException("the name of a picture ends in %s, not in %r" % (", ".join(sorted(formats)), suffix))
    form = BACKENDS[backend] if output == "embed" else formats[suffix]
    words = ["--format", form, "--output", "-" if output == "embed" else os.fspath(output)] + ["--include-products"] * bool(include_products)
    owner, code, printed = ask(dag, "plot", *words)
    if code:
        raise_told(owner, PlotException, code)
    return Picture(printed, form) if output == "embed" else output


class Picture(object):
    """A picture that notebooks show."""

    def __init__(self, text, form):
        self.data = text
        self._form = form

    def _repr_html_(self):
        import html

        return self.data if self._form in ("svg", "html") else "<pre>%s</pre>" % html.escape(self.data)

    def __str__(self):
        return self.data


def markup(dag, path, form, sections):
    from ploomber.exceptions import DAGRenderError

    if form not in ("html", "md"):
        raise ValueError("fmt must be 'html' or 'md', not %r" % (form,))
    sections = sections or ["plot", "status"]
    if form == "md":
        parts = ["# " + dag.name]
        if "plot" in sections:
            parts.append("```mermaid\n%s\n```" % str(plot(dag, "embed", False, "mermaid")).strip())
        if "status" in sections:
            parts.append(status(dag)._markdown())
        if "source" in sections:
            parts += ["## %s\n\n```\n%s\n```" % (name, dag[name].source) for name in dag]
        text = "\n\n".join(parts) + "\n"
    else:
        owner, code, text = ask(dag, "report", "--output", "-")
        if code:
            raise_told(owner, DAGRenderError, code)
    if path is not None:
        with open(os.fspath(path), "w", encoding="utf-8") as file:
            file.write(text)
    return text
