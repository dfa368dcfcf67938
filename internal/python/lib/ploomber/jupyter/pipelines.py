"""Which files belong to pipelines, as the program pawl tells it."""
import json
import os
import subprocess
import time

# Two changes of a file within so many nanoseconds may leave it with one time.
GRAIN = 20 * 1000 * 1000


class Unknown(Exception):
    """The pipeline of a folder can't be loaded, or there is none."""


class Pipelines(object):
    """Answers of pawl, kept for each folder as long as they hold."""

    def __init__(self):
        self._answers = {}

    def find(self, path):
        """What pawl says of a file: its task, the code of its cell and the
        metadata of its products. None if it belongs to no pipeline."""
        return self.of(os.path.dirname(path)).files.get(os.path.realpath(path))

    def of(self, folder):
        """What pawl says of the pipeline that is found from a folder."""
        answer = self._answers.get(folder)
        if answer is None or not answer.holds():
            self._answers.pop(folder, None)
            answer = self._answers[folder] = Answer(time.time_ns(), ask(folder))
        return answer


class Answer(object):
    """What pawl said, and of what it holds."""

    def __init__(self, began, content):
        self.files = {os.path.realpath(f["path"]): f for f in content["files"]}
        self.functions = [dict(f, path=os.path.realpath(f["path"]), root=content["root"], folders=content["folders"]) for f in content["functions"]]
        self._volatile, self._links = content["volatile"], content["links"]
        self._inputs = {path: stamp(path) for path in content["inputs"]}
        # what has just been changed may have been read before
        self._settled = all(was is None or was[0] < began - GRAIN for was in self._inputs.values())

    def holds(self):
        return (
            self._settled
            and not self._volatile
            and all(stamp(path) == was for path, was in self._inputs.items())
            and all(os.path.realpath(path) == real for path, real in self._links.items())
        )


def stamp(path):
    """Something that changes when a file does; None where there is none."""
    try:
        s = os.stat(path)
    except OSError:
        return None
    return s.st_mtime_ns, s.st_size, s.st_ino


def ask(folder):
    """Asks pawl for the pipeline that is found from a folder. It calls neither
    hooks nor clients."""
    words = [os.environ.get("PAWL_EXECUTABLE") or "pawl", "nb", "cells"]
    try:
        done = subprocess.run(words, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    except OSError as error:
        raise Unknown("pawl can't be started: put it on PATH, or set PAWL_EXECUTABLE to its path (%s)" % error) from None
    if done.returncode:
        raise Unknown(done.stderr.strip() or "pawl has ended with code %d" % done.returncode)
    return json.loads(done.stdout)
