"""Pipelines that stand in files. What is to be built is built by pawl."""
import ast
import copy
import inspect
import json
import os
import textwrap

from ploomber import _placeholders
from ploomber.dag import DAG
from ploomber.exceptions import DAGSpecInitializationError

__path__ = []  # modules below are found elsewhere


class DAGSpec(dict):
    """What a pipeline's file says, or what could stand in one."""

    def __init__(self, data, env=None, lazy_import=False, reload=False, parent_path=None):
        self.path = os.path.abspath(os.fspath(data)) if isinstance(data, (str, os.PathLike)) else None
        self.env = env
        self._folder = os.path.abspath(os.fspath(parent_path or "."))
        content = _placeholders.read_yaml(self.path) if self.path else data
        if isinstance(content, list):
            content = {"tasks": content}
        if not isinstance(content, dict):
            raise DAGSpecInitializationError("a pipeline is a list of tasks or a mapping with `tasks`, not a %s" % type(content).__name__)
        super(DAGSpec, self).__init__(content)
        self._written = copy.deepcopy(content)

    @property
    def data(self):
        return self

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
        """A pipeline of the notebooks and scripts of a folder, which declare what
        they come after and what they make."""
        if not os.path.isdir(path_to_dir):
            raise NotADirectoryError("%r is not a directory" % (path_to_dir,))
        names = sorted(n for n in os.listdir(path_to_dir) if n.endswith(NOTEBOOKS) and not n.startswith("."))
        return cls.from_files([os.path.join(path_to_dir, n) for n in names])

    @classmethod
    def from_files(cls, files):
        """As from_directory, of files, or of those that a pattern matches."""
        if isinstance(files, str):
            import glob

            files = sorted(f for f in glob.glob(files) if os.path.isfile(f))
        files = [os.path.abspath(os.fspath(f)) for f in files]
        wrong = [f for f in files if not f.endswith(NOTEBOOKS)]
        if wrong:
            raise ValueError("a pipeline of files is made of notebooks and scripts (%s), not of %s" % (", ".join(NOTEBOOKS), ", ".join(wrong)))
        return cls({"meta": {"extract_product": True, "extract_upstream": True}, "tasks": [{"source": f} for f in files]})

    def to_dag(self):
        """The pipeline, to be looked at, changed and built."""
        from _pawl import loaded

        env = self.env
        if env is not None and not isinstance(env, dict):
            env = _placeholders.raw(env)[0]
        if self.path and dict(self) == self._written:
            return loaded.dag({"file": self.path, "env": env or {}})
        folder = os.path.dirname(self.path) if self.path else self._folder
        return loaded.dag({"spec": json.dumps(self, indent=1, default=str), "dir": folder, "env": env or {}})


NOTEBOOKS = (".py", ".R", ".Rmd", ".r", ".ipynb")


def functions_dag(tasks):
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
    return upstream_in(ast.parse(textwrap.dedent(inspect.getsource(function))))


def upstream_in(tree):
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "upstream":
            key = node.slice.value if type(node.slice).__name__ == "Index" else node.slice
            name = getattr(key, "value", getattr(key, "s", None))
            if isinstance(name, str) and name not in found:
                found.append(name)
    return found
