"""Names of user code: a.b.c, and a.b::c where only a function can be meant."""
import sys


def find(path):
    """Imports what a dotted path names.

    The longest part that is a module is taken for it, and the rest for
    attributes. An error inside of a module is raised as it is.
    """
    module, _, name = path.partition("::")
    if not name:
        module, _, name = path.rpartition(".")
    if not module or not name:
        raise ValueError("%r is no dotted path: expected module.function" % path)
    attributes = name.split(".")
    while True:
        try:
            __import__(module)
            break
        except ModuleNotFoundError as error:
            if "::" in path or "." not in module or not (error.name or "").startswith(module.partition(".")[0]) or not is_part(error.name, module):
                raise
            module, _, last = module.rpartition(".")
            attributes.insert(0, last)
    found, walked = sys.modules[module], module
    for attribute in attributes:
        try:
            found = getattr(found, attribute)
        except AttributeError:
            raise AttributeError("%s has no %r (in the dotted path %r)%s" % (walked, attribute, path, like(attribute, found))) from None
        walked += "." + attribute
    return found


def is_part(name, module):
    """Whether a module that was not found is one on the way to another."""
    return module == name or module.startswith(name + ".")


def like(name, owner):
    import difflib

    close = difflib.get_close_matches(name, [n for n in dir(owner) if not n.startswith("__")], 1)
    return ". Did you mean %r?" % close[0] if close else ""


def call(spec, **more):
    """Calls what {"path": ..., "args": {...}} names."""
    return find(spec["path"])(**dict(spec.get("args") or {}, **more))


def call_with(spec, *values, **more):
    """As call, with arguments by position in front."""
    return find(spec["path"])(*values, **dict(spec.get("args") or {}, **more))


class Named(object):
    """What a dotted path names, with arguments, found when it is called."""

    def __init__(self, path, args=None):
        self.path = path
        self.args = dict(args or {})

    def __call__(self, *values, **more):
        return find(self.path)(*values, **dict(self.args, **more))

    def __repr__(self):
        return self.path
