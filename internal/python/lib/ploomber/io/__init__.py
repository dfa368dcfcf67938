"""Decorators of the functions that store what tasks return, and load it."""
import functools
import os

from ploomber.io import formats

__all__ = ["serializer", "unserializer", "serializer_pickle", "unserializer_pickle", "CSVIO", "ParquetIO"]


def __getattr__(name):
    if name not in ("CSVIO", "ParquetIO"):
        raise AttributeError("module 'ploomber.io' has no attribute %r" % name)
    from ploomber.io import file

    return getattr(file, name)


def serializer(extension_mapping=None, *, fallback=False, defaults=None, unpack=False):
    """Decorates a function (obj, product) that stores what nothing else does.

    By the suffix of the product it is first looked up in extension_mapping, a
    function (obj, product) for each suffix, then among the defaults, some of
    .txt, .json, .csv and .parquet. The fallback, True or "joblib" or
    "cloudpickle", pickles the rest. With unpack, a dictionary is stored as a
    folder with a file for each key.
    """

    def decorate(function):
        choose = formats.chooser("serializer", function, 2, extension_mapping, fallback, defaults)

        def store(obj, product):
            choose(product)(obj, product)

        @functools.wraps(function)
        def serialize(obj, product):
            for one, place in _pairs(obj, product):
                if unpack and isinstance(one, dict):
                    _store_folder(one, place, store)
                else:
                    store(one, place)

        return serialize

    return decorate


def unserializer(extension_mapping=None, *, fallback=False, defaults=None, unpack=False):
    """Decorates a function (product) that loads what nothing else does; as
    serializer, the other way. With unpack, a folder gives a dictionary."""

    def decorate(function):
        choose = formats.chooser("unserializer", function, 1, extension_mapping, fallback, defaults)

        def load(product):
            return choose(product)(product)

        def load_any(product):
            path = os.fspath(product)
            if unpack and os.path.isdir(path):
                return {name: load(formats.child(path, name)) for name in sorted(os.listdir(path))}
            return load(product)

        @functools.wraps(function)
        def unserialize(product):
            if not _has_several(product):
                return load_any(product)
            if formats.is_keyed(product):
                return {key: load_any(product[key]) for key in product.keys()}
            return [load_any(one) for one in product]

        return unserialize

    return decorate


@serializer(fallback=True)
def serializer_pickle(obj, product):
    """Stores anything by pickle."""


@unserializer(fallback=True)
def unserializer_pickle(product):
    """Loads what serializer_pickle has stored."""


def _has_several(product):
    return hasattr(product, "missing") and hasattr(product, "keys")


def _pairs(obj, product):
    """What goes to which product."""
    if not _has_several(product):
        return [(obj, product)]
    if not formats.is_keyed(product) and isinstance(obj, (list, tuple)) and len(obj) == len(product):
        return list(zip(obj, product))
    if not isinstance(obj, dict):
        raise TypeError("the task has several products, %r: its function must return a dictionary with the same keys, not %r (%s)" % (product, obj, type(obj).__name__))
    wanted = list(product.keys())
    missing, extra = [k for k in wanted if k not in obj], [k for k in obj if k not in wanted]
    if missing or extra:
        told = ["it lacks %s" % ", ".join(map(repr, missing))] * bool(missing) + ["it has %s besides" % ", ".join(map(repr, extra))] * bool(extra)
        raise ValueError("the task has several products, %r, and its function must return a dictionary with the same keys: %s" % (product, " and ".join(told)))
    return [(obj[key], product[key]) for key in wanted]


def _store_folder(obj, product, store):
    """Stores a dictionary as a folder, in the place of what was there."""
    path = os.fspath(product)
    if os.path.isdir(path):
        import shutil

        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.remove(path)
    os.makedirs(path)
    for name, one in obj.items():
        store(one, formats.child(path, name))
