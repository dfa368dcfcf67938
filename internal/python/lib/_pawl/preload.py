"""Imports libraries ahead, in a process from which tasks will be forked.

Only what is installed is imported, and of that only what the modules of the
project import first thing, before they do anything else: a variable that they
set, or a setting that they change, must come before the import as ever. The
modules of the project are read and compiled, and not run.
"""
import _ast as ast  # which ast only adds to, and takes long to
import importlib.machinery
import os
import re
import sys

from _pawl import compiled, paths


def libraries(modules):
    """The installed modules that modules import at their top, in order."""
    return [name for kind, name, _ in needed(modules) if kind == "library"]


def needed(modules):
    """Modules with what they import at their top, in order: of each its kind, its
    name, and its file where it is one of the project."""
    found, seen, queue = [], set(), list(modules)
    while queue:
        name = queue.pop(0)
        if name in seen:
            continue
        seen.add(name)
        parent = name.rpartition(".")[0]
        if parent and parent not in seen:  # is imported before
            queue[:0] = [parent, name]
            seen.discard(name)
            continue
        kind, file = locate(name)
        if kind != "unknown":
            found.append((kind, name, file))
        if kind == "project":
            queue = imports(file, name, file.endswith("__init__.py")) + queue
    return found


def locate(name):
    """Tells a module of the project, with its file, from an installed one."""
    top = name.partition(".")[0]
    if top in sys.builtin_module_names:
        return "library", None
    path, parts = sys.path, name.split(".")
    for i, part in enumerate(parts):
        try:
            spec = importlib.machinery.PathFinder.find_spec(".".join(parts[: i + 1]), path)
        except Exception:
            return "unknown", None
        if spec is None:
            return "unknown", None
        if spec.origin and spec.has_location and paths.is_installed(spec.origin):
            return "library", None
        path = spec.submodule_search_locations
        if path is None:
            break
    if spec.origin and spec.origin.endswith(".py") and i == len(parts) - 1:
        return "project", spec.origin
    return "unknown", None


def imports(file, name, is_package):
    """What a file imports before it does anything else."""
    try:
        with open(file, "rb") as f:
            text = f.read()
        tree = compile(text, file, "exec", ast.PyCF_ONLY_AST)
    except (OSError, SyntaxError, ValueError):
        return []
    names = []
    for node in tree.body:
        found = imported(node, name, is_package)
        if found is None and not harmless(node):
            break
        names += found or []
    else:
        if any(n.startswith("ploomber") for n in names):
            names += behind(text)
    return names


URI = re.compile(rb"([a-z]+)(?:\+([a-z0-9_]+))?://")
DRIVERS = {"postgresql": "psycopg2", "mysql": "MySQLdb", "sqlite": "sqlite3", "pysqlite": "sqlite3"}


def behind(text):
    """What clients that a module makes will import, by the addresses in it."""
    if b"SQLAlchemyClient" not in text:
        return []
    names = ["sqlalchemy"]
    for found in URI.finditer(text):
        dialect, driver = [(part or b"").decode() for part in found.groups()]
        names += ["sqlalchemy.dialects." + dialect, DRIVERS.get(driver or dialect, driver)]
    return names


def imported(node, name, is_package):
    """What a statement of a module imports; None if that is not what it does."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return None
    base = node.module or ""
    if node.level:
        parent = name.split(".") if is_package else name.split(".")[:-1]
        parent = parent[: len(parent) - node.level + 1]
        base = ".".join(parent + ([base] if base else []))
    names = [base] + [base + "." + alias.name for alias in node.names if alias.name != "*"]
    return [n for n in names if n]


def harmless(node):
    """Whether a statement can make no difference to later imports."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return all(isinstance(t, ast.Name) for t in targets) and not calls(node)
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not node.decorator_list


def calls(node):
    """Whether anything is called in a part of a tree."""
    if isinstance(node, list):
        return any(map(calls, node))
    return isinstance(node, ast.Call) or isinstance(node, ast.AST) and any(calls(getattr(node, f, None)) for f in node._fields)


def load(modules, spoiled):
    """Imports the libraries that modules need, but for the spoiled ones, and
    compiles what they need of the project.

    Returns the name of a library that a process must not have imported from
    which others are forked: it has started a thread or opened a file.
    """
    before, found = descriptors(), needed(modules)
    for kind, name, _ in found:
        if kind != "library" or name in spoiled or name in sys.modules:
            continue
        try:
            __import__(name)
        except BaseException:  # the task that needs it says so
            continue
        if sys.modules["_thread"]._count() or descriptors() - before:
            return name
    for kind, name, file in found:
        if kind == "project":
            compiled.keep(name, file)
    compiled.offer()
    return None


def descriptors():
    return {f for f in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + f)}
