"""How objects are stored, by the suffix of the file."""
import inspect
import os


def chooser(kind, function, arity, mapping, fallback, defaults):
    """A function that chooses what stores or loads a product. What is wrong with
    the arguments of a decorator is raised where it stands."""
    name = getattr(function, "__name__", repr(function))
    taken = len(inspect.signature(function).parameters)
    if taken != arity:
        raise TypeError("%s %r must take %d argument%s (%s), and takes %d" % (kind, name, arity, "s" * (arity > 1), "obj, product" if arity == 2 else "product", taken))
    mapping = dict(mapping or {})
    known = SAVERS if arity == 2 else LOADERS
    unknown = [d for d in defaults or () if d not in known]
    if unknown:
        raise ValueError("%s %r: `defaults` holds %s, and may hold %s" % (kind, name, listed(unknown), listed(known)))
    both = [d for d in defaults or () if d in mapping]
    if both:
        raise ValueError("%s %r: %s must be in `extension_mapping` or in `defaults`, not in both" % (kind, name, listed(both)))
    pickle = pickler(kind, name, fallback)
    for suffix in defaults or ():
        mapping[suffix] = known[suffix]

    def choose(product):
        found = mapping.get(os.path.splitext(os.fspath(product))[1])
        if found is not None:
            return found
        if pickle is None:
            return function
        return (lambda obj, path: dump(pickle, obj, path)) if arity == 2 else (lambda path: load(pickle, path))

    return choose


def listed(names):
    return ", ".join(sorted(map(repr, names)))


def pickler(kind, name, fallback):
    """The module that pickles what no suffix stands for."""
    if not fallback:
        return None
    modules = {True: "pickle", "joblib": "joblib", "cloudpickle": "cloudpickle"}
    if fallback not in modules:
        raise ValueError("%s %r: `fallback` must be True, 'joblib' or 'cloudpickle', not %r" % (kind, name, fallback))
    try:
        return __import__(modules[fallback])
    except ImportError:
        raise ModuleNotFoundError("%s %r: its fallback needs %s: `pip install %s`" % (kind, name, fallback, fallback)) from None


def dump(pickle, obj, path):
    with open(os.fspath(path), "wb") as file:
        pickle.dump(obj, file)


def load(pickle, path):
    with open(os.fspath(path), "rb") as file:
        return pickle.load(file)


def child(folder, name):
    import pathlib

    return pathlib.Path(folder, name)


def is_keyed(product):
    return hasattr(product.products, "keys")


def save_text(obj, path):
    if not isinstance(obj, str):
        raise TypeError("%r is stored as text, and its function returned a %s: return a str" % (path, type(obj).__name__))
    with open(os.fspath(path), "w", encoding="utf-8") as file:
        file.write(obj)


def load_text(path):
    with open(os.fspath(path), encoding="utf-8") as file:
        return file.read()


def save_json(obj, path):
    import json

    text = json.dumps(obj)
    with open(os.fspath(path), "w", encoding="utf-8") as file:
        file.write(text)


def load_json(path):
    import json

    with open(os.fspath(path), encoding="utf-8") as file:
        return json.load(file)


def save_frame(method):
    def save(obj, path):
        if not hasattr(obj, method):
            raise TypeError("%r holds a table, and its function returned a %s: return a pandas.DataFrame" % (path, type(obj).__name__))
        getattr(obj, method)(os.fspath(path))

    return save


def load_frame(method):
    def load(path):
        import pandas

        return getattr(pandas, method)(os.fspath(path))

    return load


SAVERS = {".txt": save_text, ".json": save_json, ".csv": save_frame("to_csv"), ".parquet": save_frame("to_parquet")}
LOADERS = {".txt": load_text, ".json": load_json, ".csv": load_frame("read_csv"), ".parquet": load_frame("read_parquet")}
