"""What keeps modules of the project from being imported, as far as it shows
without running them."""
import ast
import importlib.util

from _pawl import preload


def problems(paths):
    """Problems with what dotted paths name.

    A list of {"path": index, "message"} for paths whose module is not there, and
    of {"file", "line", "column", "message"} for modules that are no Python or
    import what is not there at their top.
    """
    found, seen = [], set()
    for index, path in enumerate(paths):
        module = path.replace("::", ".").rpartition(".")[0]
        top = module.partition(".")[0]
        if not exists(top):
            found.append({"path": index, "message": "there is no module %r for %r" % (top, path)})
            continue
        while module and preload.locate(module)[0] == "unknown":
            module = module.rpartition(".")[0]  # the rest are attributes
        found += look(module, seen)
    return found


def look(module, seen):
    """The problems of a module and of those of the project that it imports."""
    found, queue = [], [module]
    while queue:
        name = queue.pop()
        kind, file = preload.locate(name) if name else ("unknown", None)
        if name in seen or kind != "project":
            continue
        seen.add(name)
        queue.append(name.rpartition(".")[0])
        try:
            with open(file, "rb") as f:
                tree = ast.parse(f.read(), file)
        except SyntaxError as error:
            found.append({"file": file, "line": error.lineno or 1, "column": error.offset or 1, "message": error.msg})
            continue
        except (OSError, ValueError) as error:
            found.append({"file": file, "line": 1, "column": 1, "message": str(error)})
            continue
        for node in tree.body:
            for wanted in preload.imported(node, name, file.endswith("__init__.py")) or ():
                top = wanted.partition(".")[0]
                if exists(top):
                    queue.append(wanted)
                elif wanted == top or isinstance(node, ast.Import):
                    found.append({"file": file, "line": node.lineno, "column": node.col_offset + 1, "message": "there is no module %r" % top})
    return found


def exists(top):
    try:
        return importlib.util.find_spec(top) is not None
    except ValueError:  # it was put there by hand
        return True
