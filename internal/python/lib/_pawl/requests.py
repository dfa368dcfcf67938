"""The kinds of requests that a host answers. Each gets the request and returns
a value that JSON can hold; what it raises is told to whoever has asked."""
from _pawl import dotted, objects, signatures, values

KINDS = {}


def kind(name):
    def register(function):
        KINDS[name] = function
        return function

    return register


@kind("call")
def call(request):
    """Calls a dotted path and gives what it returns."""
    return values.plain(dotted.call(request["call"]), "what %s returned" % request["call"]["path"])


@kind("inspect")
def inspect_function(request):
    """Where a function is, and what it looks like."""
    return inspected(dotted.find(request["call"]["path"]))


def inspected(function):
    import inspect

    inner = inspect.unwrap(function)
    lines, line = inspect.getsourcelines(inner)
    try:
        named = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        named = []
    return {
        "source": "".join(lines),
        "file": inspect.getsourcefile(inner),
        "line": line,
        "doc": inspect.getdoc(function) or "",
        "parameters": [{"name": p.name, "kind": p.kind.name.lower(), "required": p.default is p.empty} for p in named],
    }


@kind("pipeline")
def pipeline(request):
    """Calls the factory that the request remembers, and describes what it makes."""
    from _pawl import describe, made

    return describe.pipeline(made.pipeline())


@kind("stem")
def grow_stem(request):
    """Forks a process from which tasks are forked that need what the factory has made."""
    from _pawl import made, stem

    made.pipeline()
    return stem.grow()[1]


@kind("check")
def check(request):
    """Why functions and hooks can't be called: a text for each, or None."""
    return [problem(item) for item in request["checks"]]


def problem(item):
    try:
        function = dotted.find(item["call"]["path"])
    except Exception as error:
        return "%s: %s" % (type(error).__name__, error)
    if not callable(function):
        return "%s is a %s and no function" % (item["call"]["path"], type(function).__qualname__)
    if item["hook"]:
        return signatures.hook_problem(function, item["given"], item["call"].get("args") or {})
    return signatures.problem(function, item["given"])


@kind("task_hook")
def task_hook(request):
    """Calls a hook of a task here, where no task runs."""
    from _pawl import runs

    runs.hook(objects.task_of(request["task"]), request["call"])


@kind("dag_hook")
def dag_hook(request):
    """Calls a hook of the whole pipeline."""
    from ploomber.dag import Snapshot
    from ploomber.table import BuildReport

    offered = {"dag": Snapshot(request["dag"])}
    if "report" in request:
        offered["report"] = BuildReport(request["report"])
    if "traceback" in request:
        offered["traceback"] = request["traceback"]
    function = dotted.find(request["call"]["path"])
    signatures.call_hook(function, offered, request["call"].get("args") or {})


@kind("describe")
def describe(request):
    """What kind of client a dotted path gives, and its configuration."""
    client = objects.client_of(request["call"])
    configuration = getattr(client, "_configuration", None)
    return {
        "class": type(client).__name__,
        "module": type(client).__module__,
        "configuration": values.plain(configuration() if configuration else {}, "the configuration of %s" % request["call"]["path"]),
    }


@kind("products")
def products(request):
    """Does one thing with each of some products, in their order.

    fetch gives metadata or None, exists a truth, save and delete nothing. A
    product whose turn fails does not keep the others back.
    """
    return [product_answer(item, request["action"]) for item in request["products"]]


def product_answer(item, action):
    from _pawl import failures

    try:
        product = objects.single(item["product"], objects.client_of(item.get("client")))
        if action == "save":
            return {"value": product.save_metadata(item["metadata"])}
        if action == "fetch":
            return {"value": values.plain(product.fetch_metadata(), "the metadata of %s" % product)}
        return {"value": {"exists": product.exists, "delete": product.delete}[action]()}
    except Exception as error:
        return {"error": failures.describe(error)}
