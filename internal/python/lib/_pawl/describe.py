"""A pipeline that Python code has made, in the form of a pipeline.yaml.

What a file could not say of a task is under its key `given`:

    function    what is known of its function
    text        that the source is the text itself, and its suffix
    folders     in which templates look for others
    typed       parameters that are not what their JSON values say
    prepare_metadata   a dotted path
"""
import json
import math
import sys

from _pawl import dotted, made


def pipeline(dag):
    dag._ordered()  # tells of circles
    described = {"name": dag.name, "tasks": [task(t, dag) for t in dag._tasks.values()]}
    described.update(dag._place)
    settings = dag._params._described()
    if settings:
        described["config"] = settings
    executor = dag.executor if isinstance(dag.executor, str) else dag.executor._described()
    if executor:
        described["executor"] = executor
    clients = {name: reference(client, "dag_client", name) for name, client in dag.clients.raw() if client is not None}
    if clients:
        described["clients"] = clients
    for hook in "on_render", "on_finish", "on_failure":
        function = getattr(dag, hook)
        if function is not None:
            described[hook] = reference(function, "dag_" + hook, "")
    return described


def task(t, dag):
    kind = class_of(t, "ploomber.tasks")
    found = {"name": str(t.name), "class": kind, "upstream": [{"task": str(u.name), "group": t._groups.get(n)} for n, u in t.upstream.items()]}
    found["product"], found["product_class"] = product(t)
    given = {}
    found["source"] = source(t, given)
    parameters(t, found, given)
    calls(t, found, given)
    options(t, found)
    if given:
        found["given"] = given
    return found


def class_of(thing, module):
    """The name of the class that pawl knows a thing by."""
    known = sys.modules[module]
    for kind in type(thing).__mro__:
        if kind.__name__ in known.__all__ and getattr(known, kind.__name__, None) is kind and kind.__name__ not in ("Task", "Product"):
            return kind.__name__
    raise TypeError("%r is of a class that pawl can't run: %s" % (thing, type(thing).__name__))


def source(t, given):
    from ploomber.tasks.functions import PythonCallableSource

    if isinstance(t.source, PythonCallableSource):
        given["function"] = t.source._inspected()
        if t.source._dotted:
            return t.source._dotted
        return importable(t.source.primitive) or made.path("source", str(t.name))
    described = getattr(t.source, "described", None)
    if described is None:
        return str(t.source)
    text, more = described()
    given.update(more)
    return text


def importable(value):
    """The dotted path by which any process can import a function, or None."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", "")
    if not module or module == "__main__" or module.startswith("_pawl") or "<" in name or getattr(value, "__self__", None) is not None:
        return None
    found = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return "%s.%s" % (module, name) if found is value and name else None


def reference(value, role, owner):
    """How another process finds a function or a client."""
    if isinstance(value, dotted.Named):
        return dict({"dotted_path": value.path}, **value.args) if value.args else value.path
    if isinstance(value, str):
        return value
    return importable(value) if callable(value) and importable(value) else made.path(role, owner)


def product(t):
    from ploomber.products import MetaProduct

    if not isinstance(t.product, MetaProduct):
        return identifier(t.product), class_of(t.product, "ploomber.products")
    kinds = {class_of(p, "ploomber.products") for p in t.product}
    if len(kinds) != 1:
        raise TypeError("the products of task %r are of several classes: %s. All must be of one" % (t.name, ", ".join(sorted(kinds)) or "none"))
    if hasattr(t.product.products, "keys"):
        return {str(k): identifier(p) for k, p in t.product.products.items()}, kinds.pop()
    return [identifier(p) for p in t.product], kinds.pop()


def identifier(p):
    """What a product is made of."""
    if hasattr(p, "kind"):
        return [p.schema, p.name, p.kind]
    return str(p)


def parameters(t, found, given):
    params, typed = {}, []
    for name, value in t._given.items():
        params[name], kind = parameter(value)
        if kind:
            typed.append({"path": [name], "type": kind})
    if params:
        found["params"] = params
    if typed:
        given["typed"] = typed


def parameter(value):
    """A value in terms of JSON, and what it is besides: "object" for one that
    JSON has no value for, which is told as a text and counts for nothing, "live"
    for one whose type is another in JSON, and "float"."""
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value), "float"
    try:
        text = json.dumps(value, allow_nan=False)
        again = json.loads(text)
    except (TypeError, ValueError):
        return str(value), "object"
    return again, None if same(again, value) else "live"


def same(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return all(same(x, y) for x, y in zip(a, b))
    return a == b


def calls(t, found, given):
    name, product = str(t.name), made.first_product(t)
    for role, value in (
        ("client", t._client),
        ("product_client", product._client),
        ("serializer", t.serializer),
        ("unserializer", t.unserializer),
        ("on_render", t.on_render),
        ("on_finish", t.on_finish),
        ("on_failure", t.on_failure),
    ):
        if value is not None:
            found[role] = reference(value, role, name)
    if product.prepare_metadata is not None:
        given["prepare_metadata"] = reference(product.prepare_metadata, "prepare_metadata", name)


def options(t, found):
    for key, value in getattr(t, "_extras", {}).items():
        found[key] = reference(value, key, str(t.name)) if callable(value) else value
    if getattr(t, "debug_mode", None):
        found["debug_mode"] = t.debug_mode
