"""The names that pipelines' code imports, as pawl offers them.

Nothing is imported here before it is used, so that a small task does not wait
for what it does not need.
"""

__version__ = "0.23.4"

_PLACES = {
    "DAG": "ploomber.dag",
    "DAGConfigurator": "ploomber.configuration",
    "InMemoryDAG": "ploomber.memory",
    "OnlineDAG": "ploomber.memory",
    "OnlineModel": "ploomber.memory",
    "Env": "ploomber.env",
    "with_env": "ploomber.env",
    "load_env": "ploomber.env",
    "SourceLoader": "ploomber.sources",
    "lazily_load_entry_point": "ploomber._absent",
}

__all__ = list(_PLACES)


def _note_use():
    """Keeps pawl from removing this library, which it does when nobody has used
    it for a month."""
    import os
    import time

    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    try:
        if time.time() - os.stat(folder).st_mtime > 24 * 3600:
            os.utime(folder)
    except OSError:
        pass  # it is another user's


_note_use()


def _find_elsewhere():
    from ploomber import _elsewhere

    _elsewhere.install()


_find_elsewhere()


def _jupyter_server_extension_points():
    return [{"module": "ploomber"}]


def _load_jupyter_server_extension(app):
    from ploomber.jupyter import manager

    manager._load_jupyter_server_extension(app)


# by the names that servers of old look for
_jupyter_server_extension_paths = _jupyter_server_extension_points
load_jupyter_server_extension = _load_jupyter_server_extension


def __getattr__(name):
    if name not in _PLACES:
        raise AttributeError("module 'ploomber' has no attribute %r" % name)
    module = __import__(_PLACES[name], fromlist=[name])
    value = getattr(module, name)
    globals()[name] = value
    return value
