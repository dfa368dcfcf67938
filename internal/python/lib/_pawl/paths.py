"""Where modules are looked for."""
import os
import sys

LIBRARY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def lead(folders):
    """Puts folders in front of sys.path, and the library behind them.

    What leads already is taken out of its old place, so that calling it again
    with the same folders changes nothing.
    """
    front = []
    for folder in list(folders) + [LIBRARY]:
        if folder and folder not in front:
            front.append(folder)
    sys.path[:] = front + [p for p in sys.path if p not in front]


def installed():
    """The folders of the interpreter's own and of installed modules."""
    import site

    folders = [sys.prefix, sys.base_prefix, sys.exec_prefix, LIBRARY]
    folders += site.getsitepackages() + [site.getusersitepackages()]
    # a virtual environment is below the prefix, but so may a project be
    # that stands in the prefix: only its folders of libraries count
    found = []
    for folder in folders[:3]:
        for name in ("lib", "lib64", "Lib", "DLLs"):
            found.append(os.path.join(folder, name) + os.sep)
    return tuple(found + [os.path.join(f, "") for f in folders[3:]])


def is_installed(file):
    """Whether a module's file belongs to a library and not to the project."""
    global _installed
    if _installed is None:
        _installed = installed()
    return file.startswith(_installed)


_installed = None


def identity(file):
    """What tells a file and its content from others; None for what is not there."""
    try:
        info = os.stat(file)
    except OSError:
        return None
    return info.st_mtime_ns, info.st_ctime_ns, info.st_size, info.st_ino, info.st_dev


def changed(identity):
    """When a file changed last, in seconds since 1970."""
    return max(identity[:2]) / 1e9
