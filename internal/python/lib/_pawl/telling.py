"""What code of tasks tells of its work: what it has made, and whether what it expects
holds. It is a part of the module pawl, as _pawl/guest.py is, and stands alone: some
have it as text.
"""
import os


def materialize(product, partition=None, metadata=None, tags=None):
    """Tells that this task has made a product, or a partition of one.

    The key of a product is a text such as "sales/daily". Metadata are values by
    name: texts, numbers, booleans and whatever else JSON has, or what url(), path(),
    markdown() and table() return.
    """
    _tell({"product": _name("product", product), "partition": _partition(partition)}, metadata, tags)


def expect(name, ok, severity="warn", metadata=None, tags=None):
    """Tells whether what this task expects holds, and returns that.

    With the severity "error", the task fails once its code has ended, if it does not.
    """
    if severity not in ("warn", "error"):
        raise ValueError('the severity of %r is "warn" or "error", not %r' % (name, severity))
    ok = bool(ok)
    _tell({"expectation": _name("expectation", name), "ok": ok, "severity": severity}, metadata, tags)
    return ok


def url(text):
    """A value of metadata that is an address."""
    return {"type": "url", "value": str(text)}


def path(text):
    """A value of metadata that is the path of a file."""
    return {"type": "path", "value": os.fspath(text)}


def markdown(text):
    """A value of metadata that is formatted text."""
    return {"type": "markdown", "value": str(text)}


def table(rows):
    """A value of metadata that is a table: dicts, or a data frame."""
    if hasattr(rows, "to_dict"):
        rows = rows.to_dict("records")
    return {"type": "table", "value": [dict(row) for row in rows]}


def _name(what, name):
    if not isinstance(name, str) or not name:
        raise TypeError("the %s needs a name, which is a text and not %r" % (what, name))
    return _short("the name of the " + what, name)


def _short(what, text):
    """Returns a text that pawl takes for a name."""
    size = len(text.encode("utf-8"))
    if size > 500:
        raise ValueError("%s has %d bytes, and at most 500 are allowed" % (what, size))
    if any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text):
        raise ValueError("%s is not printable: %r" % (what, text))
    if text.strip() != text:
        raise ValueError("%s begins or ends with a blank: %r" % (what, text))
    return text


def _partition(partition):
    if isinstance(partition, (dict, list, set, tuple)):
        raise TypeError("a partition is a text, such as a date, and not %r" % (partition,))
    return None if partition is None else _short("the partition", str(partition))


def _mapping(what, given):
    if not hasattr(given, "items"):
        raise TypeError("%s must be a dict, not %r" % (what, given))
    for name in given:
        if not isinstance(name, str):
            raise TypeError("a name in %s must be a text, not %r" % (what, name))
        _short("a name in " + what, name)
    return given


def _value(value):
    """Returns what JSON has for a value of a library of numbers."""
    for method in ("item", "isoformat"):
        if hasattr(value, method):
            return getattr(value, method)()
    raise TypeError("metadata is what JSON has, and not %s" % type(value).__name__)


def _tell(fact, metadata, tags):
    json = __import__("json")
    if metadata is not None and _mapping("metadata", metadata):
        fact["metadata"] = metadata
    if tags is not None and _mapping("tags", tags):
        fact["tags"] = dict((name, str(value)) for name, value in tags.items())
    fact = dict((name, value) for name, value in fact.items() if value is not None)
    line = json.dumps(fact, allow_nan=False, default=_value) + "\n"
    file = os.environ.get("PAWL_FACTS")
    if not file:
        return  # nobody listens, as where the code is run by itself
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        data = line.encode("ascii")
        while data:
            data = data[os.write(descriptor, data) :]
    finally:
        os.close(descriptor)
