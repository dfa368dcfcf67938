"""Modules of the project whose files have changed since they were imported."""
import sys

from _pawl import objects, paths

_seen = {}


def forget_changed():
    """Forgets all modules of the project, and the clients, if one has changed.

    All of them: what others hold of the changed one would stay as it was.
    """
    changed = False
    for name, file in project_modules():
        identity = paths.identity(file)
        if _seen.setdefault(name, identity) != identity:
            changed = True
    if not changed:
        return
    for name, _ in project_modules():
        del sys.modules[name]
    _seen.clear()
    objects.close_clients()
    import importlib

    importlib.invalidate_caches()


def project_modules():
    found = []
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name != "__main__" and file and file.endswith(".py") and not paths.is_installed(file):
            found.append((name, file))
    return found
