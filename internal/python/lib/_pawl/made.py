"""The pipeline that Python code has made, and what lives in it alone.

Whatever has no dotted path of its own, such as a function in a function or a
client that is connected, gets one here: `_pawl.made.ROLE@OWNER`, where the owner
is a task, or the class that a client of the pipeline is for.

A process has the pipeline because it has made it, because it was forked from one
that has, or because it calls the factory when something of it is needed.
"""
import re

_dag = None
_factory = None

ROLES = ("source", "client", "product_client", "serializer", "unserializer", "on_render", "on_finish", "on_failure", "prepare_metadata", "io_handler")


def keep(dag):
    """Has this process know a pipeline."""
    global _dag
    _dag = dag


def remember(factory):
    """Has this process call a factory when it needs the pipeline."""
    global _factory
    _factory = factory


def pipeline():
    if _dag is None:
        if _factory is None:
            from _pawl import owner

            raise RuntimeError("what the task needs lives in the process that has made the pipeline alone, and can't be had where nothing is forked: " + owner.INSTEAD)
        from _pawl import factories

        keep(factories.make(_factory))
    return _dag


def param(task, name):
    return pipeline()[task]._given[name]


def path(role, owner):
    """The dotted path of something that has none."""
    return "_pawl.made.%s@%s" % (role, re.sub(r"[^\w-]", lambda m: "".join("%%%02X" % b for b in m.group().encode("utf-8")), owner))


def __getattr__(name):
    role, at, owner = name.partition("@")
    if not at:
        raise AttributeError(name)
    owner = unquoted(owner)
    if role == "dag_client":
        return lambda: pipeline().clients[owner]
    if role.startswith("dag_"):
        return getattr(pipeline(), role[4:])
    if role not in ROLES:
        raise AttributeError(name)
    task = pipeline()[owner]
    if role == "source":
        return task.source.primitive
    if role == "client":
        return lambda: task.client
    if role == "product_client":
        return lambda: task.product.client
    if role == "prepare_metadata":
        return first_product(task).prepare_metadata
    return getattr(task, role)


def first_product(task):
    return task.product if len(task.product) == 1 and not hasattr(task.product, "keys") else next(iter(task.product))


def unquoted(text):
    from urllib.parse import unquote

    return unquote(text)
