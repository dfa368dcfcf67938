"""Code of the project's modules, compiled once for all that are forked later.

Each process runs the modules that it imports itself. What it runs is the same
for all as long as their files are, and to compile a module, or to read what
another process has compiled, takes longer than a small task.
"""
import sys
import time
from importlib.machinery import SourceFileLoader

from _pawl import paths

SETTLED = 1.0
"""After how many seconds a file can't change again without another identity."""

_codes = {}
"""By the paths of files: what they were, and their code."""


def keep(name, file):
    """Compiles the module of a file, unless that has only just changed."""
    identity = paths.identity(file)
    if identity is None or time.time() - paths.changed(identity) < SETTLED:
        return
    import warnings

    try:
        with warnings.catch_warnings():
            # whoever imports the module is to see what it is warned of
            warnings.simplefilter("error", Warning if sys.warnoptions else SyntaxWarning)
            code = SourceFileLoader(name, file).get_code(name)
    except Exception:  # which the import tells
        return
    if paths.identity(file) == identity:
        _codes[file] = identity, code


def offer():
    """Has imports take what was compiled."""
    ordinary = SourceFileLoader.get_code

    def get_code(self, fullname):
        kept = _codes.get(self.path) if type(self) is SourceFileLoader else None
        if kept and kept[0] == paths.identity(self.path):
            return kept[1]
        return ordinary(self, fullname)

    SourceFileLoader.get_code = get_code
