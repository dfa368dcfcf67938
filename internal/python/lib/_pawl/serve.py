"""Answers requests, one after the other: a line of JSON for each."""
import json
import os
import socket

from _pawl import failures, made, objects, paths, requests, runs, stale, stem, values


def serve_descriptor(descriptor):
    connection = socket.socket(fileno=descriptor)
    connection.set_inheritable(False)
    stem.private.add(descriptor)
    serve(connection.makefile("rb"), connection.makefile("wb"))


def serve_port(port, token):
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(token.encode("ascii") + b"\n")
    serve(connection.makefile("rb"), connection.makefile("wb"))


def serve(lines, answers):
    """Answers until nobody asks any more."""
    try:
        for line in lines:
            answers.write(runs.encoded(answer(json.loads(line.decode("utf-8")))) + b"\n")
            answers.flush()
    finally:
        objects.close_clients()  # nobody is there to be told of their errors


def answer(request):
    """{"kind": ..., "path": [...], "cwd": ..., ...} -> {"value": ...} or {"error": ...}"""
    try:
        os.chdir(request["cwd"])
        paths.lead(request["path"])
        stale.forget_changed()
        made.remember(request.get("made"))
        value = requests.KINDS[request["kind"]](request)
        return {"value": values.plain(value)}
    except BaseException as error:  # also what ends a program
        return {"error": failures.describe(error)}
    finally:
        runs.flush()
