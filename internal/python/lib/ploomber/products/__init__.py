"""Products: what tasks make."""
import os

_RELATIONS = ("SQLRelation", "SQLiteRelation", "PostgresRelation", "GenericProduct", "GenericSQLRelation")

__all__ = ["File", "MetaProduct", "Product", "EmptyProduct"] + list(_RELATIONS)


def __getattr__(name):
    if name not in _RELATIONS:
        raise AttributeError("module 'ploomber.products' has no attribute %r" % name)
    from ploomber.products import relations

    return getattr(relations, name)


class Product(object):
    """A persistent thing. What is the same product is equal."""

    prepare_metadata = None
    """A function that returns the metadata to store for the metadata, and
    perhaps for the product too."""

    def __init__(self, identifier, client=None):
        self._identifier = identifier
        self._client = client
        self.task = None

    @property
    def client(self):
        """The product's own, or that of the pipeline for its class."""
        dag = getattr(self.task, "dag", None)
        if self._client is None and dag is not None:
            return dag.clients.get(type(self).__name__)
        from _pawl import objects

        return objects.resolved(self._client)

    @property
    def metadata(self):
        return Metadata(self)

    def exists(self):
        raise TypeError("%s does not say whether it exists" % type(self).__name__)

    def delete(self, force=False):
        raise TypeError("%s can't be deleted" % type(self).__name__)

    def fetch_metadata(self):
        return None

    def save_metadata(self, metadata):
        pass

    def upload(self):
        pass

    def download(self):
        pass

    def render(self, params, **keywords):
        return self

    def to_json_serializable(self):
        return str(self)

    def _key(self):
        return type(self), str(self)

    def __eq__(self, other):
        return isinstance(other, Product) and self._key() == other._key()

    def __ne__(self, other):
        return not self == other

    def __hash__(self):
        return hash(self._key())

    def __len__(self):
        return 1  # a task's only product, where those of several are counted

    def __bool__(self):
        return True

    def __str__(self):
        return str(self._identifier)

    def __repr__(self):
        return "%s(%r)" % (type(self).__name__, self._shown())

    def _shown(self):
        return str(self)


class File(Product):
    """A file or a folder: path-like, and its text is the path."""

    def __init__(self, identifier, client=None):
        if not isinstance(identifier, (str, os.PathLike)):
            raise TypeError("a File is made of a text or a path, not of %r" % (identifier,))
        super(File, self).__init__(os.fspath(identifier), client)

    def __fspath__(self):
        return self._identifier

    @property
    def _path_to_file(self):
        import pathlib

        return pathlib.Path(self._identifier)

    @property
    def _path_to_metadata(self):
        folder, name = os.path.split(self._identifier)
        import pathlib

        return pathlib.Path(folder, ".%s.metadata" % name)

    def exists(self):
        return os.path.exists(self._identifier)

    def delete(self, force=False):
        if os.path.isdir(self._identifier) and not os.path.islink(self._identifier):
            import shutil

            shutil.rmtree(self._identifier)
        elif os.path.lexists(self._identifier):
            os.remove(self._identifier)

    def fetch_metadata(self):
        import json

        try:
            with open(str(self._path_to_metadata), encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return None

    def save_metadata(self, metadata):
        import json

        path = str(self._path_to_metadata)
        temporary = path + ".new"
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump(metadata, file)
        os.replace(temporary, path)

    def upload(self):
        if self.client is not None:
            self.client.upload(self)

    def download(self):
        if self.client is not None:
            self.client.download(self)

    def _key(self):
        return type(self), os.path.realpath(self._identifier)

    def _shown(self):
        here = os.path.join(os.getcwd(), "")
        return self._identifier[len(here):] if self._identifier.startswith(here) else self._identifier


class EmptyProduct(Product):
    """The product of a task that stores nothing."""

    def __init__(self):
        super(EmptyProduct, self).__init__("")

    def exists(self):
        return True

    def delete(self, force=False):
        pass


class MetaProduct(object):
    """The products of a task with several: a list of them, or a map.

    It is used like a mapping by key or index, but goes through its products.
    """

    def __init__(self, products):
        self._by_key = products if hasattr(products, "keys") else None
        self._list = list(products.values()) if self._by_key is not None else list(products)
        self._task = None

    @property
    def products(self):
        return self._by_key if self._by_key is not None else self._list

    @property
    def task(self):
        return self._task

    @task.setter
    def task(self, task):
        self._task = task
        for product in self._list:
            product.task = task

    @property
    def client(self):
        return next((p.client for p in self._list if p.client is not None), None)

    @property
    def metadata(self):
        return Metadata(*self._list)

    def keys(self):
        return self._by_key.keys() if self._by_key is not None else range(len(self._list))

    def values(self):
        return list(self._list)

    def items(self):
        return list(zip(self.keys(), self._list))

    def get(self, key, default=None):
        try:
            return self[key]
        except (KeyError, IndexError):
            return default

    def exists(self):
        return all(p.exists() for p in self._list)

    def missing(self):
        return [p for p in self._list if not p.exists()]

    def delete(self, force=False):
        for product in self._list:
            product.delete(force)

    def upload(self):
        for product in self._list:
            product.upload()

    def download(self):
        for product in self._list:
            product.download()

    def render(self, params, **keywords):
        return self

    def to_json_serializable(self):
        if self._by_key is None:
            return [p.to_json_serializable() for p in self._list]
        return {k: p.to_json_serializable() for k, p in self._by_key.items()}

    def __getitem__(self, key):
        return self.products[key]

    def __iter__(self):
        return iter(self._list)

    def __len__(self):
        return len(self._list)

    def __contains__(self, key):
        return key in self._list or self._by_key is not None and key in self._by_key

    def __eq__(self, other):
        return isinstance(other, MetaProduct) and self.products == other.products

    def __ne__(self, other):
        return not self == other

    __hash__ = None

    def __str__(self):
        return str(self.products)

    def __repr__(self):
        return "MetaProduct(%r)" % (self.products,)


def product_of(given):
    """A product, or several of a list or a map."""
    return given if isinstance(given, (Product, MetaProduct)) else MetaProduct(given)


class Metadata(object):
    """What is stored about products: of several, the oldest time and what they
    have in common."""

    def __init__(self, *products):
        self._all = [p.fetch_metadata() or {} for p in products]

    def _common(self, key):
        first = self._all[0].get(key) if self._all else None
        return first if all(m.get(key) == first for m in self._all) else None

    @property
    def timestamp(self):
        times = [m.get("timestamp") for m in self._all]
        return None if not times or None in times else min(times)

    @property
    def stored_source_code(self):
        return self._common("stored_source_code")

    @property
    def params(self):
        return self._common("params")

    def to_dict(self):
        return {"timestamp": self.timestamp, "stored_source_code": self.stored_source_code, "params": self.params}

    def __repr__(self):
        return "Metadata(%r)" % self.to_dict()
