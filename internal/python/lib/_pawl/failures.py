"""What went wrong in user code, for people to read."""
import os

from _pawl import paths


def describe(error):
    """An exception as JSON, with a traceback that shows user code alone."""
    kind = type(error)
    told = {
        "class": kind.__qualname__,
        "module": kind.__module__,
        "message": text(error),
        "traceback": trace(error),
    }
    if isinstance(error, SyntaxError):
        told["column"] = error.offset or 1
    place = last_place(error)
    if place:
        told["file"], told["line"] = place
    if is_early_stop(error):
        told["stop"] = True
    told.update(getattr(error, "_pawl", {}))
    return told


def text(error):
    try:
        return str(error)
    except Exception as other:  # a broken __str__
        return "(its message can't be told: %r)" % (other,)


def trace(error):
    import traceback

    try:
        told = traceback.TracebackException(type(error), error, error.__traceback__)
    except Exception:  # something in the chain can't be told
        return public("".join(traceback.format_exception_only(type(error), error)))
    if not os.environ.get("PLOOMBER_DEBUG"):
        strip(told, set(), traceback.StackSummary)
    return public("".join(told.format()))


def public(text):
    """The text without the names of modules that nobody can import."""
    import re

    return re.sub(r"(?m)^_pawl(\.\w+)*\.", "", text)


def strip(told, seen, summary):
    """Takes what is not the user's out of a traceback and of those it comes from.

    Where nothing is, what libraries did stays."""
    if told is None or id(told) in seen:
        return
    seen.add(id(told))
    kept = [frame for frame in told.stack if not is_ours(frame.filename)]
    users = [frame for frame in kept if not paths.is_installed(frame.filename)]
    told.stack = summary.from_list(users or kept)
    strip(told.__cause__, seen, summary)
    strip(told.__context__, seen, summary)
    for inner in getattr(told, "exceptions", None) or ():
        strip(inner, seen, summary)


def is_ours(file):
    return file.startswith(paths.LIBRARY) or file.startswith("<frozen importlib") or file in ("template.py", "<string>")


def last_place(error):
    """File and line of the user code that was running."""
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, error.lineno or 0
    place, tb = None, error.__traceback__
    while tb is not None:
        file = tb.tb_frame.f_code.co_filename
        if not is_ours(file) and not paths.is_installed(file):
            place = file, tb.tb_lineno
        tb = tb.tb_next
    return place


def is_early_stop(error):
    import sys

    module = sys.modules.get("ploomber.exceptions")
    return module is not None and isinstance(error, module.DAGBuildEarlyStop)

