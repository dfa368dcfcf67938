"""Loads the projects beside it with Ploomber 0.23 and writes what they are.

    python vectors.py

The tasks of projects/NAME go to NAME.json, with {root} for the folder.
"""

import json
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path

from ploomber.spec import DAGSpec
from ploomber.products import MetaProduct
from ploomber.products._resources import process_resources
from ploomber.util.default import entry_point

HERE = Path(__file__).resolve().parent


def product(p):
    if isinstance(p, MetaProduct):
        items = p.products.products
        keys = items.keys() if isinstance(items, Mapping) else range(len(items))
        return {str(k): product(items[k]) for k in keys}
    out = {"class": type(p).__name__, "text": str(p)}
    if hasattr(p, "kind"):
        out.update(schema=p.schema or "", name=p.name, kind=p.kind)
    return out


def own(params):
    return {k: v for k, v in dict(params).items() if k not in ("upstream", "product") and not isinstance(v, type)}


def task(t):
    edges = {}
    for name in t.upstream:
        edges[name] = (t.dag._G.get_edge_data(name, t.name) or {}).get("group_name") or ""
    params = own(t.params.to_dict() if hasattr(t.params, "to_dict") else t.params)
    code = str(t.source)
    return {
        "name": t.name,
        "class": type(t).__name__,
        "product": product(t.product),
        "upstream": edges,
        "params": params,
        "code": code,
        "language": t.source.extension if t.source.extension in ("py", "sql") and type(t).__name__ in ("PythonCallable", "SQLScript", "SQLDump", "SQLTransfer") else "",
        "doc": (t.source.doc or "").strip().split("\n")[0].strip(),
        "loc": os.path.abspath(str(t.source.loc)),
    }


def load(project, folder):
    copy = Path(tempfile.mkdtemp()).resolve() / project.name
    shutil.copytree(project, copy)
    start = copy / folder
    os.chdir(start)
    before = set(sys.modules)
    sys.path.insert(0, str(start))
    sys.path.insert(0, str(copy / "src"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dag = DAGSpec(entry_point()).to_dag()
            dag.render(force=True, show_progress=False)
        out = [task(dag[name]) for name in dag._iter()]
    finally:
        sys.path[:2] = []
        for name in set(sys.modules) - before:
            if getattr(sys.modules[name], "__file__", None) and str(copy) in sys.modules[name].__file__:
                del sys.modules[name]
    text = json.dumps(out, indent=1, default=lambda v: v.isoformat() if hasattr(v, "isoformat") else str(v))
    shutil.rmtree(copy.parent)
    return text.replace(str(copy), "{root}")


def main():
    for project in sorted((HERE / "projects").iterdir()):
        text = load(project, ".")
        os.chdir(HERE)
        (HERE / (project.name + ".json")).write_text(text + "\n")
        print(project.name, len(json.loads(text)))


main()
