"""How people look into a task that has failed."""
import bdb
import signal
import sys

from _pawl import failures
from _pawl.notebooks import NotebookError, install


def missing(module):
    """The command that installs a module, or None if it is there."""
    from importlib.util import find_spec

    return None if find_spec(module) else install(module)


def option(debug):
    """The option of pawl for what a pipeline is built with."""
    if debug not in (None, False, True, "now", "later"):
        raise ValueError("debug must be 'now', 'later' or None, not %r" % (debug,))
    return ["--debuglater" if debug == "later" else "--debug"] if debug else []


def talks(debug, tasks):
    """"now" if people may have to talk to one of some tasks."""
    later = debug == "later"
    return "now" if debug and not later or any(getattr(t, "debug_mode", None) == "now" for t in tasks) and not later else None


def here(request):
    """Runs a task in this process, to which people talk, and leaves that as it was."""
    from _pawl import runs

    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTSTP") if hasattr(signal, name)]
    handlers = [(n, signal.getsignal(n)) for n in numbers]
    try:
        result = runs.run(request)
    finally:
        for number, handler in handlers:
            handle(number, handler)
    if result["outcome"] == "failed" and result["error"]["class"] == "KeyboardInterrupt":
        raise KeyboardInterrupt()
    return result


def handle(number, handler):
    """Sets the handler of a signal, where that can be done."""
    try:
        signal.signal(number, handler)
    except ValueError:
        pass  # this is not the first thread


def keep_terminal():
    """Has the terminal not stop this process: nobody would let it go on."""
    if hasattr(signal, "SIGTSTP"):
        handle(signal.SIGTSTP, signal.SIG_IGN)


STEPS = "pdb", "ipdb"
"""Debuggers by which a task is gone through from its beginning."""


def call(request, function, keywords):
    """Calls the function of a task, step by step if that is wanted."""
    if request.get("debug") in STEPS:
        return stepper(request["debug"]).runcall(function, **keywords)
    return function(**keywords)


def step(task, code):
    """Runs the code of a notebook step by step in this process. It makes nothing."""
    import linecache

    from _pawl.notebooks import option
    from ploomber.exceptions import DebuggingFinished

    if option(task, "language") != "python":
        raise NotebookError("only a notebook in Python can be gone through step by step")
    name = "<%s>" % task.name
    linecache.cache[name] = len(code), None, code.splitlines(True), name
    stepper(task._request["debug"]).run(compile(code, name, "exec"), {"__name__": "__main__"})
    raise DebuggingFinished(task.name)


def stepper(kind):
    if kind == "ipdb":
        try:
            from IPython.terminal.debugger import Pdb, TerminalPdb
        except ImportError:
            pass
        else:
            return TerminalPdb() if sys.stdin.isatty() else Pdb()
    import pdb

    return pdb.Pdb()


def look(request, error):
    """Lets people look into an error, now or later. A cell that has failed is
    looked into where it runs."""
    way = {"now": now, "later": later}.get(request["debug"])
    if way and isinstance(error, Exception) and not isinstance(error, (NotebookError, bdb.BdbQuit)):
        way(request["name"], error)


def now(name, error):
    print("%s: %s: %s" % (name, type(error).__name__, failures.text(error)), flush=True)
    try:
        debugger().post_mortem(users(error.__traceback__))
    except bdb.BdbQuit:
        pass


def debugger():
    if sys.stdin.isatty():
        try:
            import ipdb
        except ImportError:
            pass
        else:
            return ipdb
    import pdb

    return pdb


def later(name, error):
    path = name + ".dump"
    try:
        import debuglater

        debuglater.run(path, echo=False, tb=users(error.__traceback__))
    except Exception as other:  # the task's own error is what counts
        print("pawl: %s could not be written: %s" % (path, other), flush=True)
    else:
        print("pawl: `dltr %s` starts a debugger where this has failed" % path, flush=True)


def users(traceback):
    """A traceback from the user's code on."""
    first = traceback
    while traceback is not None:
        if not failures.is_ours(traceback.tb_frame.f_code.co_filename):
            return traceback
        traceback = traceback.tb_next
    return first
