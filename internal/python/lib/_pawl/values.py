"""Python values as JSON, and back."""
import math


class Unfit(TypeError):
    """A value that JSON lacks."""


def plain(value, where="the value"):
    """A value in terms of JSON: tuples become lists and keys become texts.

    Numbers of numpy and their like become Python's. What else JSON lacks is
    refused, so that nobody gets something else than was returned.
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Unfit("%s is %r, which JSON lacks" % (where, value))
        return float(value)
    if isinstance(value, dict) or hasattr(value, "keys") and hasattr(value, "items"):
        return {key(k, where): plain(v, "%s[%r]" % (where, k)) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v, "%s[%d]" % (where, i)) for i, v in enumerate(value)]
    if hasattr(value, "__fspath__"):
        return str(value)
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        return plain(value.item(), where)
    if hasattr(value, "tolist"):
        return plain(value.tolist(), where)
    raise Unfit("%s is a %s, which JSON lacks: return texts, numbers, booleans, None, lists or dictionaries" % (where, type(value).__qualname__))


def key(k, where):
    if isinstance(k, str):
        return k
    if k is None or isinstance(k, bool):
        return {None: "null", True: "true", False: "false"}[k]
    if isinstance(k, (int, float)):
        return repr(k)
    raise Unfit("%s has the key %r: JSON has texts only" % (where, k))


def revive(place, key, kind):
    """Makes of a value in a list or dictionary, or of its key, what it was."""
    import datetime

    if kind == "key":
        import json

        items = [(json.loads(k) if k == key else k, v) for k, v in place.items()]
        place.clear()
        place.update(items)
    else:
        place[key] = {
            "date": datetime.date.fromisoformat,
            "datetime": datetime.datetime.fromisoformat,
            "float": float,
            "tuple": tuple,
        }[kind](place[key])


def typed(params, kinds, task=None):
    """Parameters in which texts are again what JSON lacks, where a list says so:
    [{"path": ["a", "0"], "type": "date"}]. What is live is taken from the task
    as Python code has made it."""
    for kind in kinds or []:
        if kind["type"] in LIVE:
            from _pawl import made

            params[kind["path"][0]] = made.param(task, kind["path"][0])
            continue
        path, place = list(kind["path"]), params
        while path:
            key = int(path.pop(0)) if isinstance(place, list) else path.pop(0)
            if not path:
                revive(place, key, kind["type"])
            else:
                place = place[key]
    return params


LIVE = ("object", "live")
"""Objects that JSON has no value for, and values that it has with another type."""
