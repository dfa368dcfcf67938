"""Writes scenarios.json, beside this file: what Ploomber decides about the tasks
of small projects that were built, and then edited.

    python scenarios.py
"""

import importlib
import itertools
import json
import os
import pathlib
import shutil
import sys
import tempfile
import warnings

from ploomber import DAG
from ploomber.clients import LocalStorageClient
from ploomber.codediffer import CodeDiffer
from ploomber.executors import Serial
from ploomber.products import File
from ploomber.tasks import PythonCallable, ShellScript

warnings.simplefilter("ignore")
modules = itertools.count()
seen = []  # what the executor was given last


class Recorder(Serial):
    """Runs nothing, and notes what would run."""

    def __call__(self, dag, show_progress):
        seen.append({name: dag[name].exec_status.name for name in dag})
        return []


def task(name, upstream=(), products=None, params=None, body="write(product)", shell=None):
    return {"name": name, "upstream": list(upstream), "products": products or [f"out/{name}.txt"],
            "params": params or {}, "body": body, "doc": None, "shell": shell}


def chain():
    return {t["name"]: t for t in [task("a", params={"n": 1}), task("b", "a"), task("c", "b")]}


def diamond():
    return {t["name"]: t for t in [task("a"), task("b", "a"), task("c", "a"), task("d", "bc")]}


def several():
    return {t["name"]: t for t in [task("a", products=["out/a1", "out/a2"]), task("b", "a")]}


def shell():
    return {"a": task("a", shell="echo 1 > {{product}}"), "b": task("b", "a")}


def source(t):
    args = ["product"] + (["upstream"] if t["upstream"] else []) + list(t["params"])
    doc = f'    """{t["doc"]}"""\n' if t["doc"] else ""
    return f"def {t['name']}({', '.join(args)}):\n{doc}    {t['body']}\n"


HEADER = """from pathlib import Path


def write(product):
    for p in getattr(product, "products", [product]):
        Path(str(p)).write_text("x")


"""


def load(spec, remote=False, ignore_code=False):
    module = f"tasks{next(modules)}"
    pathlib.Path(f"{module}.py").write_text(HEADER + "\n\n".join(source(t) for t in spec.values()))
    importlib.invalidate_caches()
    functions = importlib.import_module(module)
    dag = DAG("scenario", executor=Serial(build_in_subprocess=False))
    dag._params.outdated_by_code = not ignore_code
    if remote:
        dag.clients[File] = LocalStorageClient("remote", path_to_project_root=".")
    for t in spec.values():
        files = [File(p) for p in t["products"]]
        product = files[0] if len(files) == 1 else files
        if t["shell"]:
            ShellScript(t["shell"], product=product, dag=dag, name=t["name"], params=dict(t["params"]))
        else:
            PythonCallable(getattr(functions, t["name"]), product=product, dag=dag, name=t["name"], params=dict(t["params"]))
    for t in spec.values():
        for u in t["upstream"]:
            dag[t["name"]].set_upstream(dag[u])
    return dag


def metadata(path):
    folder, name = os.path.split(path)
    return pathlib.Path(folder, f".{name}.metadata")


def read(path):
    return path.read_text() if path.exists() else None


def describe(dag, spec, remote):
    differ = CodeDiffer()
    dag.render(force=True, show_progress=False)  # without a look at metadata
    out = []
    for t in spec.values():
        code, extension = str(dag[t["name"]].source), dag[t["name"]].source.extension
        products = []
        for p in t["products"]:
            far = pathlib.Path("remote", p), pathlib.Path("remote", metadata(p))
            known = remote and all(f.exists() for f in far)
            products.append({"path": p, "exists": os.path.exists(p), "local": read(metadata(p)),
                             "remote": read(far[1]) if known else None})
        same = []
        for text in {r for p in products for r in [p["local"], p["remote"]] if r}:
            try:
                stored = (json.loads(text) or {}).get("stored_source_code")
            except ValueError:
                continue
            if stored is not None and stored != code and not differ.is_different(stored, code, {}, {}, extension)[0]:
                same.append(stored)
        out.append({"name": t["name"], "upstream": t["upstream"], "code": code, "same": sorted(same),
                    "params": json.dumps(t["params"]), "products": products})
    return out


def decide(dag, force, target, alone, remote):
    """What Ploomber would do, as names of states, and its status table."""
    dag.executor = Recorder()
    seen.clear()
    try:
        if target:
            dag.build_partially(target, force=force, skip_upstream=alone, show_progress=False)
        else:
            dag.build(force=force, show_progress=False)
    except Exception:
        return None, None
    states = seen[-1]
    if force or target or remote:
        return states, None
    return states, {name: dag[name].status(sections=["name", "outdated"])["Outdated?"] for name in dag}


def scenario(name, shape, edit, before=None, remote=False, ignore_code=False, force=False, target="", alone=False):
    folder = tempfile.mkdtemp()
    home = os.getcwd()
    os.chdir(folder)
    sys.path.insert(0, folder)
    try:
        spec = shape()
        if before != "nothing":
            load(spec, remote).build(show_progress=False)
        edit(spec)
        tasks = describe(load(spec, remote, ignore_code), spec, remote)
        states, status = decide(load(spec, remote, ignore_code), force, target, alone, remote)
    finally:
        os.chdir(home)
        sys.path.remove(folder)
        shutil.rmtree(folder)
    print(name, states, status)
    return {"name": name, "tasks": tasks, "ignore_code": ignore_code, "force": force, "target": target,
            "alone": alone, "states": states, "status": status}


def body(t, text):
    return lambda spec: spec[t].update(body=text)


def doc(t, text):
    return lambda spec: spec[t].update(doc=text)


def params(t, **values):
    return lambda spec: spec[t]["params"].update(values)


def remove(*paths):
    def edit(_):
        for p in paths:
            os.remove(p)
    return edit


def forget(*paths):
    return remove(*[metadata(p) for p in paths])


def write(path, text):
    return lambda _: metadata(path).write_text(text)


def alter(path, folder="", **values):
    def edit(_):
        file = pathlib.Path(folder, metadata(path))
        record = json.loads(file.read_text())
        for key, v in values.items():
            if v is KeyError:
                record.pop(key)
            elif callable(v):
                record[key] = v(record[key])
            else:
                record[key] = v
        file.write_text(json.dumps(record))
    return edit


def later(t):
    return t + 3600


def earlier(t):
    return t - 3600


def both(*edits):
    def edit(spec):
        for e in edits:
            e(spec)
    return edit


def nothing(_):
    pass


def local(*names):
    """Deletes what is here, products and records."""
    return both(*[both(remove(f"out/{n}.txt"), forget(f"out/{n}.txt")) for n in names])


SCENARIOS = [
    ("never built", chain, nothing, {"before": "nothing"}),
    ("never built diamond", diamond, nothing, {"before": "nothing"}),
    ("built", chain, nothing),
    ("built diamond", diamond, nothing),
    ("built several", several, nothing),
    ("source of the first", chain, body("a", "write(product); 1")),
    ("source in the middle", chain, body("b", "write(product); 1")),
    ("source of the last", chain, body("c", "write(product); 1")),
    ("side of a diamond", diamond, body("b", "write(product); 1")),
    ("spaces", chain, body("b", "write( product )")),
    ("comment", chain, body("b", "write(product)  # now")),
    ("docstring", chain, doc("b", "Makes b.")),
    ("parameter", chain, params("a", n=2)),
    ("parameter of another kind", chain, params("a", n=1.0)),
    ("parameter that is true", chain, params("a", n=True)),
    ("parameter that is text", chain, params("a", n="1")),
    ("new parameter", chain, params("a", m=2)),
    ("parameters as JSON has them", chain, params("a", n=1, m={"x": [1, 2], "y": None})),
    ("product gone", chain, remove("out/b.txt")),
    ("first product gone", chain, remove("out/a.txt")),
    ("all products gone", chain, remove("out/a.txt", "out/b.txt", "out/c.txt")),
    ("one of several gone", several, remove("out/a2")),
    ("all of several gone", several, remove("out/a1", "out/a2")),
    ("metadata gone", chain, forget("out/b.txt")),
    ("first metadata gone", chain, forget("out/a.txt")),
    ("one metadata of several gone", several, forget("out/a1")),
    ("empty metadata", chain, write("out/b.txt", "{}")),
    ("null metadata", chain, write("out/b.txt", "null")),
    ("metadata with more", chain, alter("out/b.txt", more=[1])),
    ("no timestamp", chain, alter("out/b.txt", timestamp=KeyError)),
    ("timestamp null", chain, alter("out/a.txt", timestamp=None)),
    ("no source", chain, alter("out/a.txt", stored_source_code=KeyError)),
    ("source null", chain, alter("out/c.txt", stored_source_code=None)),
    ("no params", chain, alter("out/a.txt", params=KeyError)),
    ("params null", chain, both(alter("out/a.txt", params=None), params("a", n=9))),
    ("a mark", chain, write("out/b.txt", '{"timestamp": null, "stored_source_code": null, "params": null, "unfinished": true}')),
    ("first is newer", chain, alter("out/a.txt", timestamp=later)),
    ("middle is newer", chain, alter("out/b.txt", timestamp=later)),
    ("last is older", chain, alter("out/c.txt", timestamp=earlier)),
    ("equal timestamps", chain, both(*[alter(f"out/{n}.txt", timestamp=5) for n in "abc"])),
    ("nan timestamps", chain, alter("out/a.txt", timestamp=float("nan"))),
    ("one of several newer", several, alter("out/a1", timestamp=later)),
    ("all of several newer", several, both(alter("out/a1", timestamp=later), alter("out/a2", timestamp=later))),
    ("one of several without time", several, alter("out/a2", timestamp=None)),
    ("several of different sources", several, alter("out/a2", stored_source_code="def a(product):\n    pass\n")),
    ("several of different params", several, alter("out/a2", params={"n": 1})),
    ("damaged", chain, write("out/b.txt", "{")),
    ("first damaged", chain, write("out/a.txt", "")),
    ("last damaged", diamond, write("out/d.txt", "[1,")),
    ("damaged without product", chain, both(write("out/b.txt", "{"), remove("out/b.txt"))),
    ("damaged and forced", chain, write("out/b.txt", "{"), {"force": True}),
    ("forced", chain, nothing, {"force": True}),
    ("forced diamond", diamond, body("b", "1"), {"force": True}),
    ("source ignored", chain, body("b", "write(product); 1"), {"ignore_code": True}),
    ("parameter ignored", chain, params("a", n=2), {"ignore_code": True}),
    ("source ignored, product gone", chain, both(body("b", "write(product); 1"), remove("out/c.txt")), {"ignore_code": True}),
    ("source ignored, no metadata", chain, forget("out/a.txt"), {"ignore_code": True}),
    ("source ignored, no metadata of the last", chain, forget("out/c.txt"), {"ignore_code": True}),
    ("source ignored, empty metadata", diamond, write("out/b.txt", "{}"), {"ignore_code": True}),
    ("source ignored, a single task", lambda: {"a": task("a")}, forget("out/a.txt"), {"ignore_code": True}),
    ("part", chain, body("a", "write(product); 1"), {"target": "b"}),
    ("part that is current", chain, body("c", "write(product); 1"), {"target": "b"}),
    ("part forced", chain, nothing, {"target": "b", "force": True}),
    ("part by pattern", diamond, body("a", "write(product); 1"), {"target": "[bc]*"}),
    ("alone", chain, body("a", "write(product); 1"), {"target": "b", "alone": True}),
    ("alone and current", chain, nothing, {"target": "b", "alone": True}),
    ("alone and forced", chain, nothing, {"target": "b", "alone": True, "force": True}),
    ("alone by pattern", diamond, body("a", "write(product); 1"), {"target": "*", "alone": True}),
    ("alone, not the sides", diamond, both(body("b", "write(product); 1"), body("d", "1")), {"target": "d*", "alone": True}),
    ("alone, upstream gone", chain, remove("out/a.txt"), {"target": "b", "alone": True}),
    ("alone, upstream damaged", chain, write("out/a.txt", "{"), {"target": "b", "alone": True}),
    ("shell", shell, nothing),
    ("shell changed", shell, lambda spec: spec["a"].update(shell="echo  1 > {{product}}")),
    ("uploaded", chain, nothing, {"remote": True}),
    ("uploaded, all gone", chain, local("a", "b", "c"), {"remote": True}),
    ("uploaded, one gone", chain, local("b"), {"remote": True}),
    ("uploaded, first gone", chain, local("a"), {"remote": True}),
    ("uploaded, product gone", chain, remove("out/b.txt"), {"remote": True}),
    ("uploaded, changed and gone", chain, both(body("b", "write(product); 1"), local("a", "b", "c")), {"remote": True}),
    ("uploaded, changed", chain, body("b", "write(product); 1"), {"remote": True}),
    ("uploaded, here newer", chain, alter("out/b.txt", timestamp=later), {"remote": True}),
    ("uploaded, last here newer", chain, alter("out/c.txt", timestamp=later), {"remote": True}),
    ("uploaded, there newer", chain, alter("out/c.txt", "remote", timestamp=later), {"remote": True}),
    ("uploaded, middle newer there", chain, alter("out/b.txt", "remote", timestamp=later), {"remote": True}),
    ("uploaded, not there", chain, remove("remote/out/b.txt"), {"remote": True}),
    ("uploaded, neither here nor there", chain, both(remove("remote/out/b.txt"), local("b")), {"remote": True}),
    ("uploaded, no metadata here", chain, forget("out/b.txt"), {"remote": True}),
    ("uploaded, no metadata there", chain, both(remove("remote/out/.b.txt.metadata"), local("b")), {"remote": True}),
    ("uploaded, a mark here", chain, write("out/b.txt", '{"timestamp": null, "stored_source_code": null, "params": null, "unfinished": true}'), {"remote": True}),
    ("uploaded, forced", chain, local("a", "b", "c"), {"remote": True, "force": True}),
    ("uploaded, source ignored", chain, both(body("b", "write(product); 1"), local("a", "b", "c")), {"remote": True, "ignore_code": True}),
    ("uploaded diamond, all gone", diamond, local("a", "b", "c", "d"), {"remote": True}),
    ("uploaded diamond, side gone", diamond, local("b"), {"remote": True}),
    ("uploaded several, one gone", several, remove("out/a2"), {"remote": True}),
    ("uploaded several, all gone", several, both(remove("out/a1", "out/a2"), forget("out/a1", "out/a2")), {"remote": True}),
    ("uploaded, empty there", chain, both(local("b"), lambda _: pathlib.Path("remote/out/.b.txt.metadata").write_text("{}")), {"remote": True}),
    ("uploaded, part", chain, local("a", "b", "c"), {"remote": True, "target": "b"}),
    ("uploaded, alone", chain, local("a", "b", "c"), {"remote": True, "target": "b", "alone": True}),
]


def main():
    all_of_them = [scenario(name, shape, edit, **(options[0] if options else {})) for name, shape, edit, *options in SCENARIOS]
    out = pathlib.Path(__file__).resolve().with_name("scenarios.json")
    out.write_text(json.dumps(all_of_them, indent=1) + "\n")


if __name__ == "__main__":
    main()
