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


def keep_terminal():
    """Has the terminal not stop this process: nobody would let it go on."""
    if hasattr(signal, "SIGTSTP"):
        signal.signal(signal.SIGTSTP, signal.SIG_IGN)


def look(request, error):
    """Lets people look into an error, now or later. A cell that has failed is
    looked into where it runs."""
    if isinstance(error, Exception) and not isinstance(error, (NotebookError, bdb.BdbQuit)):
        {"now": now, "later": later}[request["debug"]](request["name"], error)


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
