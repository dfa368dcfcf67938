"""What tasks that run notebooks and scripts are made of."""
import importlib
import json
import sys


class NotebookError(Exception):
    """Why a notebook can't be run, or how far it got."""


def need(module, what, packages=None):
    """Imports a module that the project's Python may lack."""
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of libraries about their own imports
            return importlib.import_module(module)
    except ImportError as error:
        if error.name and error.name.partition(".")[0] != module.partition(".")[0]:
            raise  # it is there, but something that it needs is not
    raise NotebookError("%s: %s" % (what, install(packages or module)))


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
