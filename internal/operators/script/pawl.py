"""Hands on what is no parameter: values that are large, or no JSON.

It follows _pawl/guest.py. _folder, which begins the names of its files, is there
before, empty where nothing can be kept.
"""

_kept = []  # name, item, form, file and key of each output, or file of its own


def output(name, value, item=None):
    """Keeps a value as an output of this task.

    The tasks that come after it have it as the parameter of that name, of which
    load() returns the value; with items, the parameter is a dict of them. Bytes,
    text and files (a pathlib.Path) are kept as they are, anything else is pickled.
    A task keeps each output once, whole or item by item.
    """
    for kept in _kept:
        if kept[0] == name and (kept[1] is None) != (item is None):
            raise ValueError("the output %s is kept whole and by item: it has either one value or items" % name)
    form, file = _write(value)
    _kept.append([name, item, form, file, None])


def write_file(content, ext=""):
    """Keeps a file, as bytes, text, a pathlib.Path or anything that can be read.

    Returns a handle, to be given to digdag.env.store: tasks that get it as a
    parameter have the path of the file from load(), and open() reads it. It is
    there once this task has ended well, and nobody deletes it with the attempt.
    """
    import uuid

    if hasattr(content, "read"):
        content = content.read()
    if not isinstance(content, (bytes, str, os.PathLike)):
        raise TypeError("a file has bytes or text, not %s" % type(content).__name__)
    ext = ext.lstrip(".")
    key = "files/%s%s" % (uuid.uuid4(), "." + ext if ext else "")
    _, file = _write(content)
    _kept.append([None, None, "file", file, key])
    handle = Value({"$value": {"key": key, "type": "file", "size": os.path.getsize(file)}})
    handle._place = {"path": file}
    return handle


def _write(value):
    """Writes a value, and returns in which form and to which file."""
    if not _folder:
        raise RuntimeError("outputs can't be kept here")
    form, file = "pickle", "%s%d-%d" % (_folder, os.getpid(), len(_kept))
    os.makedirs(os.path.dirname(file), exist_ok=True)
    if isinstance(value, os.PathLike):
        import shutil

        shutil.copyfile(os.fspath(value), file)
        return "file", file
    if isinstance(value, bytes):
        form = "bytes"
    elif isinstance(value, str):
        form, value = "text", value.encode("utf-8")
    with open(file, "wb") as f:
        if form == "pickle":
            import pickle

            pickle.dump(value, f, protocol=4)
        else:
            f.write(value)
    return form, file


class Value(dict):
    """A parameter that stands for an output of another task."""

    def open(self):
        """Returns what reads the content as bytes."""
        return _open(self._place)

    def load(self):
        """Returns the value; of a file, the path of one that is not to be changed."""
        form = self["$value"]["type"]
        if form == "pickle" and not _is_pickled(self["$value"]["key"]):
            raise ValueError("the parameter says that it stands for a pickled value, and no task has pickled %s" % self["$value"]["key"])
        if form == "file" and "path" in self._place:
            import pathlib

            return pathlib.Path(self._place["path"])
        with _open(self._place) as f:
            if form == "pickle":
                import pickle

                return pickle.load(f)
            if form == "file":
                import pathlib
                import shutil

                path = pathlib.Path("%s%d-loaded-%d" % (_folder, os.getpid(), id(self)))
                with open(path, "wb") as copy:
                    shutil.copyfileobj(f, copy)
                return path
            content = f.read()
        return content.decode("utf-8") if form == "text" else content


def _is_pickled(key):
    """Whether a task has pickled what a key leads to: other keys lead to what anybody may have written."""
    parts = key.split("/")
    return len(parts) in (4, 5) and parts[3].startswith("p-")


def _open(place):
    if "path" in place:
        return open(place["path"], "rb")
    import urllib.request

    return urllib.request.urlopen(place["url"])


def _bind(value, places):
    """Returns parameters with a Value for each reference that has a place."""
    if isinstance(value, list):
        return [_bind(v, places) for v in value]
    if not isinstance(value, dict):
        return value
    of = value.get("$value")
    if len(value) == 1 and isinstance(of, dict) and of.get("key") in places:
        bound = Value(value)
        bound._place = places[of["key"]]
        return bound
    return dict((k, _bind(v, places)) for k, v in value.items())
