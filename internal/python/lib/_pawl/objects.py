"""What user code sees of a task: made of what a request says."""
from _pawl import dotted


def product_of(spec, client=None):
    """A product, or those of a task with several.

    {"shape": "one", "map" or "list", "items": [{"class": ..., ...}]}
    """
    from ploomber.products import MetaProduct

    items = spec["items"]
    if spec.get("shape", "one") == "one":
        return single(items[0], client)
    if spec["shape"] == "map":
        return MetaProduct({item["key"]: single(item, client) for item in items})
    return MetaProduct([single(item, client) for item in items])


def single(item, client):
    import ploomber.products

    kind = getattr(ploomber.products, item["class"])
    if item["class"] == "File":
        return kind(item["path"], client=client)
    if item["class"] == "GenericProduct":
        return kind(item["name"], client=client)
    identifier = (item.get("schema") or None, item["name"], item.get("kind") or "table")
    if item["class"] == "SQLRelation":
        return kind(identifier)
    return kind(identifier, client=client)


_clients = {}


def client_of(spec):
    """The client that a dotted path gives: the same one as long as the process lives."""
    if not spec:
        return None
    import json

    key = json.dumps([spec["path"], spec.get("args") or {}], sort_keys=True)
    if key not in _clients:
        client = dotted.call(spec)
        if client is None:
            raise TypeError("%s returned None instead of a client" % spec["path"])
        _clients[key] = client
    return _clients[key]


def close_clients():
    """Closes the clients that were made; the errors are told."""
    errors = []
    while _clients:
        _, client = _clients.popitem()
        try:
            close = getattr(client, "close", None)
            if close:
                close()
        except Exception as error:
            errors.append(error)
    return errors


def resolved(client):
    """A client, made where it was only named."""
    return client_of({"path": client.path, "args": client.args}) if isinstance(client, dotted.Named) else client


class LazyClient(object):
    """Stands for a client until something of it is wanted, so that no task
    connects to what it does not use."""

    __slots__ = ("_spec",)

    def __init__(self, spec):
        self._spec = spec

    def __getattr__(self, name):
        return getattr(client_of(self._spec), name)

    def __repr__(self):
        return repr(client_of(self._spec))


def lazy_client(spec):
    return LazyClient(spec) if spec else None


def upstream_of(items, task, client=None):
    """The products of upstream tasks, by task or by group and task."""
    from ploomber.tasks import Upstream

    found = {}
    for item in items:
        product = product_of(item["product"], client)
        if item.get("group"):
            found.setdefault(item["group"], {})[item["task"]] = product
        else:
            found[item["task"]] = product
    return Upstream(found, task)


def task_of(spec, dag=None):
    """The task object that functions' hooks get, with everything a family needs."""
    import ploomber.tasks

    kind = getattr(ploomber.tasks, spec.get("class") or "PythonCallable")
    return kind._of_request(spec, dag)
