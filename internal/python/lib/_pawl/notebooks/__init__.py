"""What tasks that run notebooks and scripts are made of."""
import contextlib
import importlib
import json
import sys
import warnings


class NotebookError(Exception):
    """Why a notebook can't be run, or how far it got."""


def need(module, what, packages=None):
    """Imports a module that the project's Python may lack."""
    try:
        with lightly():
            return importlib.import_module(module)
    except ImportError as error:
        if error.name and error.name.partition(".")[0] != module.partition(".")[0]:
            raise  # it is there, but something that it needs is not
    raise NotebookError("%s: %s" % (what, install(packages or module)))


NOT_NEEDED = ("rfc3987_syntax", "pyarrow")
"""What libraries of Jupyter import if it is there, and nobody asks of them here:
a check of addresses by jsonschema, which takes longer to import than all else,
and files in Hadoop by papermill, which brings numpy with it before the user's
code can set how that works."""


@contextlib.contextmanager
def lightly():
    """Imports in here cost no more than they must, and warn of nothing."""
    hidden = [name for name in NOT_NEEDED if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name in hidden:
            del sys.modules[name]


def install(packages):
    """The command that installs packages for this Python."""
    return "%s -m pip install %s" % (sys.executable, packages)


def option(task, name, default=None):
    """An option of a task; one that is null counts as not given."""
    value = (task._request.get("options") or {}).get(name)
    return default if value is None else value


def rendered(task):
    """The notebook that is to be run, with its parameters."""
    with open(option(task, "notebook"), encoding="utf-8") as file:
        return json.load(file)


def text_of(cell):
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def tags_of(cell):
    return cell["metadata"].get("tags") or []


def warn(text):
    """Tells something in the output of the task."""
    print("warning: " + text, file=sys.stderr, flush=True)
