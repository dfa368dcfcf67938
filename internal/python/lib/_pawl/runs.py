"""One task: its objects, its family's run, its hooks, and what is told of it."""
import json
import os
import sys

from _pawl import dotted, failures, guest, made, objects, paths, signatures, telling


def run_file(descriptor):
    """Reads a request from a file, runs it, and writes what came of it there."""
    request = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, encoded(run(json.loads(request.decode("utf-8")))), 0)


def run_paths(source, target):
    """As run_file, with two files by their paths."""
    with open(source, "rb") as file:
        request = json.loads(file.read().decode("utf-8"))
    with open(target, "wb") as file:
        file.write(encoded(run(request)))


def rehearse(folders):
    """Runs a task that does nothing, so that later ones find what they need."""
    product = {"items": [{"class": "File", "path": os.path.abspath(os.sep)}]}
    request = {"family": "function", "name": "", "dotted": "_pawl.runs.nothing", "product": product, "path": folders}
    encoded(run(json.loads(encoded(request).decode("ascii"))))


def nothing(product):
    """What the task of a rehearsal calls."""


def encoded(result):
    return json.dumps(result, ensure_ascii=True, allow_nan=False).encode("ascii")


def fork_started():
    """Gives a forked process the chance that a fresh one has."""
    numpy = sys.modules.get("numpy.random")
    if numpy is not None:
        numpy.seed()


def run(request):
    """Runs a task. Whatever user code does is told and not raised."""
    try:
        paths.lead(request["path"])
        made.remember(request.get("made"))
        offer(request.get("log"))
        if request.get("facts"):
            os.environ["PAWL_FACTS"] = request["facts"]
        result = perform(request)
        for error in objects.close_clients():
            raise error
        return result
    except BaseException as error:  # also what ends a program
        objects.close_clients()  # of their errors, the task's is enough
        return failed(error)
    finally:
        flush()


def offer(level):
    """Offers the module pawl, and takes what is logged from a level on."""
    global offered
    if not offered:
        offered = True
        vars(guest).update((name, of) for name, of in vars(telling).items() if not name.startswith("_"))
        guest._offer()
    if level:
        os.environ["PAWL_LOG_LEVEL"] = level
        guest._watch()


offered = False


def failed(error):
    if isinstance(error, SystemExit) and error.code in (None, 0):
        error = RuntimeError("the task's code has ended Python before the task was done").with_traceback(error.__traceback__)
    return {"outcome": "failed", "error": failures.describe(error)}


def perform(request):
    if "kind" in request:  # a hook in a process of its own
        from _pawl import requests

        requests.KINDS[request["kind"]](request)
        return {"outcome": "done"}
    task = objects.task_of(request)
    if request.get("debug") == "now":
        from _pawl import debugging

        debugging.keep_terminal()
    try:
        for folder in task.product_folders():
            if not os.path.isdir(folder):
                os.makedirs(folder, exist_ok=True)
        family(request["family"]).run(task)
    except BaseException as error:
        look_into(error, request)
        if request.get("on_failure") and not failures.is_early_stop(error):
            hook(task, request["on_failure"])
        raise
    if request.get("on_finish"):
        try:
            hook(task, request["on_finish"])
        except BaseException as error:
            look_into(error, request)
            raise
    result = {"outcome": "done"}
    prepared = task.prepared_metadata()
    if prepared is not None:
        from _pawl import values

        result["metadata"] = values.plain(prepared, "the metadata")
    return result


def look_into(error, request):
    """Lets people look into what has failed, if they want to."""
    if request.get("debug") and not failures.is_early_stop(error):
        from _pawl import debugging

        debugging.look(request, error)


def family(name):
    module = "_pawl.families." + name
    __import__(module)
    return sys.modules[module]


def hook(task, spec):
    """Calls a hook of a task."""
    own = spec.get("args") or {}
    signatures.call_hook(dotted.find(spec["path"]), task.offered(), own)


def flush():
    for stream in sys.stdout, sys.stderr:
        try:
            stream.flush()
        except Exception:
            pass  # user code has closed it
