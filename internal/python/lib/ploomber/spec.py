"""Pipelines that stand in files. What is to be built is built by pawl."""
import ast
import inspect
import json
import os
import textwrap

from ploomber import _placeholders
from ploomber.dag import DAG
from ploomber.exceptions import DAGBuildError, DAGSpecInitializationError, NotOffered


class DAGSpec(dict):
    """What a pipeline's file says."""

    def __init__(self, data, env=None, lazy_import=False, reload=False, parent_path=None):
        self.path = os.path.abspath(os.fspath(data)) if isinstance(data, (str, os.PathLike)) else None
        self.env = env
        content = _placeholders.read_yaml(self.path) if self.path else data
        if isinstance(content, list):
            content = {"tasks": content}
        if not isinstance(content, dict):
            raise DAGSpecInitializationError("a pipeline is a list of tasks or a mapping with `tasks`, not a %s" % type(content).__name__)
        super(DAGSpec, self).__init__(content)

    @classmethod
    def find(cls, env=None, reload=False, lazy_import=False, starting_dir=None, name=None):
        """The pipeline of the folder, or of one above."""
        name = name or os.environ.get("ENTRY_POINT") or "pipeline.yaml"
        folder = os.path.abspath(starting_dir or os.getcwd())
        for _ in range(6):
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                return cls(path, env=env)
            folder = os.path.dirname(folder)
        raise DAGSpecInitializationError("there is no %s here, nor in the five folders above" % name)

    @classmethod
    def from_directory(cls, path_to_dir):
        raise NotOffered("DAGSpec.from_directory is not offered by pawl: run `pawl build --entry-point %s`" % path_to_dir)

    from_files = from_directory

    def to_dag(self):
        if self.path is None:
            return functions_dag(self["tasks"])
        return FileDAG(self)


class FileDAG(DAG):
    """The pipeline of a file, which the program pawl builds."""

    def __init__(self, spec):
        super(FileDAG, self).__init__(os.path.basename(os.path.dirname(spec.path)))
        self._spec = spec
        self._read = False

    @property
    def _tasks(self):
        if not self._read:
            self._read = True
            self._loaded = functions_dag(self._spec["tasks"], ignore_others=True)._tasks
        return self._loaded

    @_tasks.setter
    def _tasks(self, tasks):
        self._loaded = tasks

    def build(self, force=False, show_progress=True, debug=None, close_clients=True):
        from ploomber.table import BuildReport

        return BuildReport(self._ask("build", *(["--force"] if force else []))["report"])

    def build_partially(self, target, force=False, show_progress=True, debug=None, skip_upstream=False):
        from ploomber.table import BuildReport

        words = ["--partially", target] + ["--force"] * bool(force) + ["--skip-upstream"] * bool(skip_upstream)
        return BuildReport(self._ask("build", *words)["report"])

    def status(self, **keywords):
        from ploomber.table import StatusReport

        return StatusReport(self._ask("status")["report"])

    def render(self, force=False, show_progress=True, remote=False):
        self._ask("status")
        return self

    def plot(self, *args, **keywords):
        raise NotOffered("a pipeline is drawn by `pawl plot`")

    to_markup = plot

    def _ask(self, command, *words):
        """Runs a command of pawl and returns the last line of JSON that it prints."""
        import subprocess

        words = [os.environ.get("PAWL_EXECUTABLE") or "pawl", command, "--json", "--entry-point", self._spec.path] + list(words)
        for name, value in leaves(self._spec.env or {}):
            words += ["--env--" + name, value if isinstance(value, str) else json.dumps(value)]
        try:
            done = subprocess.run(words, stdout=subprocess.PIPE, universal_newlines=True)
        except FileNotFoundError:
            raise NotOffered("building needs the program pawl: put it on PATH, or set PAWL_EXECUTABLE to its path") from None
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        if done.returncode:
            raise DAGBuildError("`pawl %s` has ended with code %d: %s" % (command, done.returncode, lines[-1] if lines else "what failed is told above"))
        return json.loads(lines[-1])


def leaves(values, prefix=""):
    for name, value in values.items():
        if isinstance(value, dict):
            for leaf in leaves(value, prefix + name + "--"):
                yield leaf
        else:
            yield prefix + name, value


def functions_dag(tasks, ignore_others=False):
    """The functions of a list of tasks, or of the file with it, as a DAG.

    What their code takes from upstream and is no task becomes one that is given
    its value.
    """
    from _pawl import dotted
    from ploomber.products import EmptyProduct
    from ploomber.tasks import functions

    if isinstance(tasks, (str, os.PathLike)):
        tasks = _placeholders.read_yaml(os.fspath(tasks))
        tasks = tasks["tasks"] if isinstance(tasks, dict) else tasks
    dag, named = DAG(), {}
    for item in tasks:
        item = {"source": item} if isinstance(item, str) else item
        source = item["source"]
        if not is_function(item):
            if ignore_others:
                continue
            raise DAGSpecInitializationError("a pipeline in memory is made of functions, and %s is none" % source)
        function = dotted.find(source)
        task = functions.PythonCallable(function, EmptyProduct(), dag, item.get("name"), item.get("params"))
        named[task] = upstream_of(function)
    for task, names in named.items():
        for name in names:
            if name not in dag:
                functions.input_data_passer(dag, name)
            task.set_upstream(dag[name])
    return dag


def is_function(item):
    source = item["source"]
    return "/" not in source and "." in source and os.path.splitext(source)[1] not in (".py", ".r", ".R", ".Rmd", ".ipynb", ".sql", ".sh") and item.get("class") in (None, "PythonCallable")


def upstream_of(function):
    """The names that a function's code looks up in upstream, in their order."""
    found = []
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "upstream":
            key = node.slice.value if type(node.slice).__name__ == "Index" else node.slice
            name = getattr(key, "value", getattr(key, "s", None))
            if isinstance(name, str) and name not in found:
                found.append(name)
    return found
