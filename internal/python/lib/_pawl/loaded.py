"""Pipelines of files as objects, made of what pawl says of them."""
import json
import sys

from _pawl import dotted, owner, values


def dag(request):
    """Has pawl read a file, or what could stand in one, and makes a DAG of it."""
    from ploomber.exceptions import DAGSpecInitializationError

    asked = owner.Owner(lambda: request)
    code, output = asked.run("describe")
    if code:
        owner.raise_told(asked, DAGSpecInitializationError, code)
    return of_description(json.loads(output))


def of_description(described):
    from ploomber.configuration import DAGConfiguration
    from ploomber.dag import DAG

    dag = DAG(described["name"])
    dag._place = {key: described[key] for key in ("dir", "root")}
    for folder in described["root"], described["dir"]:  # for the functions that it names
        if folder not in sys.path:
            sys.path.insert(0, folder)
    dag._params = DAGConfiguration.from_dict(described["config"])
    executor = described.get("executor")
    if executor:
        dag.executor = executor if isinstance(executor, str) else named(executor)()
    for name, client in (described.get("clients") or {}).items():
        dag.clients[name] = named(client)
    for item in described["tasks"]:
        add(dag, item)
    for item in described["tasks"]:
        for before in item["upstream"]:
            dag[item["name"]].set_upstream(dag[before["task"]], before.get("group"))
    for hook in "on_render", "on_finish", "on_failure":
        if hook in described:
            setattr(dag, hook, named(described[hook]))
    return dag


def named(call):
    args = dict(call)
    return dotted.Named(args.pop("dotted_path"), args)


def add(dag, item):
    import ploomber.tasks
    from ploomber.sources import Template, TextSource
    from ploomber.tasks.functions import PythonCallableSource

    given = item["given"]
    kind = getattr(ploomber.tasks, item["class"])
    task = kind.__new__(kind)
    if item["class"] == "PythonCallable":
        task.source = PythonCallableSource(dotted=item["source"], text=given["code"], file=given["file"], line=given["line"])
        task.debug_mode = item["options"].get("debug_mode")
    else:
        task.__dict__["_extras"] = item["options"]
        text = given.get("text") or item["class"] in OF_PATHS
        task.source = TextSource(item["source"] if text else Template(item["source"], given.get("folders") or []), given.get("suffix"))
    params = values.typed(item["params"], given.get("typed"), item["name"])
    ploomber.tasks.Task.__init__(task, products(item), dag, item["name"], params)
    for key in "client", "serializer", "unserializer", "on_render", "on_finish", "on_failure":
        if key in item:
            setattr(task, key, named(item[key]))
    if "product_client" in item:
        for product in [task.product] if not hasattr(task.product, "keys") else task.product:
            product._client = named(item["product_client"])


OF_PATHS = ("SQLUpload", "PostgresCopyFrom", "DownloadFromURL", "UploadToS3")
"""Classes whose source is a path or an address, and no code."""


def products(item):
    import ploomber.products

    kind, product = getattr(ploomber.products, item["product_class"]), item["product"]
    if isinstance(product, dict):
        return {key: kind(one) for key, one in product.items()}
    return kind(product)
