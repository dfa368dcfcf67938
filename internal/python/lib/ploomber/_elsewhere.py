"""Modules that code imports names from which are elsewhere here."""
import sys

PLACES = {
    "ploomber.clients.client": "ploomber.clients",
    "ploomber.clients.storage.aws": "ploomber.clients",
    "ploomber.clients.storage.gcloud": "ploomber.clients",
    "ploomber.clients.storage.local": "ploomber.clients",
    "ploomber.dag.dag": "ploomber",
    "ploomber.dag.inmemorydag": "ploomber",
    "ploomber.dag.onlinedag": "ploomber",
    "ploomber.dag.onlinemodel": "ploomber",
    "ploomber.env.decorators": "ploomber.env",
    "ploomber.env.env": "ploomber.env",
    "ploomber.executors.parallel": "ploomber.executors",
    "ploomber.executors.serial": "ploomber.executors",
    "ploomber.products.file": "ploomber.products",
    "ploomber.products.metaproduct": "ploomber.products",
    "ploomber.products.product": "ploomber.products",
    "ploomber.products.sql": "ploomber.products",
    "ploomber.spec.dagspec": "ploomber.spec",
    "ploomber.tasks.abc": "ploomber.tasks",
    "ploomber.tasks.notebook": "ploomber.tasks",
    "ploomber.tasks.sql": "ploomber.tasks",
    "ploomber.tasks.taskgroup": "ploomber.tasks",
    "ploomber.tasks.tasks": "ploomber.tasks",
    "ploomber.util.param_grid": "ploomber.util",
}


class Elsewhere(object):
    """Finds and loads them."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name not in PLACES:
            return None
        from importlib.machinery import ModuleSpec

        return ModuleSpec(name, Elsewhere)

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        place = PLACES[module.__name__]
        __import__(place)
        there = sys.modules[place]
        module.__getattr__ = lambda name: getattr(there, name)


def install():
    """Has them found, after what is there."""
    if Elsewhere not in sys.meta_path:
        sys.meta_path.append(Elsewhere)
