"""Answers for Ploomber: what it would run in a project, and what it does run.

Starting takes Ploomber seconds, so that is done once: this process imports it,
listens on a socket, and each connection is answered by a child of its own. A
request and its answer are a line of JSON each.
"""
import contextlib
import io
import json
import os
import signal
import socket
import sys
import threading
import traceback
import warnings

import ipykernel  # noqa: F401
import jupytext  # noqa: F401
import nbconvert  # noqa: F401
import pandas  # noqa: F401
import papermill  # noqa: F401
import sqlalchemy  # noqa: F401
import sqlparse  # noqa: F401
from ploomber.cli.parsers import CustomParser
from ploomber.constants import TaskStatus

OUTDATED = {TaskStatus.WaitingExecution, TaskStatus.WaitingUpstream, TaskStatus.WaitingDownload}


def load(args):
    sys.argv = ["ploomber", *args]
    parser = CustomParser(description="Build pipeline", prog="ploomber build")
    with parser:
        parser.add_argument("--force", "-f", action="store_true", default=False)
    dag, args = parser.load_from_entry_point_arg()
    return dag, args.force


def answer(request):
    dag, force = load(request["args"])
    if request["do"] == "plan":
        dag.render(force=force)
        return [name for name in dag._iter() if dag[name].exec_status in OUTDATED]
    report = dag.build(force=force)
    names, ran = report["name"], report["Ran?"]
    return [name for name, yes in zip(names, ran) if yes]


def serve(connection):
    for s in (signal.SIGCHLD, signal.SIGINT):
        signal.signal(s, signal.SIG_DFL)
    stream = connection.makefile("rw")
    request = json.loads(stream.readline())
    os.chdir(request["dir"])
    sys.path[:0] = ["", os.path.abspath("src")]  # as if a package there were installed
    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            said = {"tasks": answer(request)}
    except BaseException:
        said = {"error": traceback.format_exc() + output.getvalue()}
    stream.write(json.dumps(said) + "\n")
    stream.flush()


def main():
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen(64)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # Whoever started this process closes its input when it needs no more answers.
    threading.Thread(target=lambda: (os.read(0, 1), os._exit(0)), daemon=True).start()
    print("ready", flush=True)
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            serve(connection)
            os._exit(0)
        connection.close()


main()
