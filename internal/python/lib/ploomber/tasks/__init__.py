"""Tasks, as hooks and functions see them, and as Python code makes them."""
import os

_ELSEWHERE = {
    "PythonCallable": "ploomber.tasks.functions",
    "input_data_passer": "ploomber.tasks.functions",
    "in_memory_callable": "ploomber.tasks.functions",
    "TaskGroup": "ploomber.tasks.declared",
    "task_factory": "ploomber.tasks.declared",
    "TaskFactory": "ploomber.tasks.declared",
}
_DECLARED = (
    "ShellScript SQLScript SQLDump SQLTransfer SQLUpload PostgresCopyFrom NotebookRunner ScriptRunner "
    "DownloadFromURL Link Input UploadToS3"
).split()

__all__ = ["Task", "Params", "Upstream"] + _DECLARED + list(_ELSEWHERE)


def __getattr__(name):
    place = "ploomber.tasks.declared" if name in _DECLARED else _ELSEWHERE.get(name)
    if place is None:
        raise AttributeError("module 'ploomber.tasks' has no attribute %r" % name)
    return getattr(__import__(place, fromlist=[name]), name)


class Params(dict):
    """What a task gets: its parameters, then upstream and product."""

    def to_json_serializable(self, params_only=False):
        left_out = ("upstream", "product") if params_only else ()
        return {k: v.to_json_serializable() if hasattr(v, "to_json_serializable") else v for k, v in self.items() if k not in left_out}

    def __repr__(self):
        return "Params(%s)" % dict.__repr__(self)

    def __str__(self):
        return dict.__repr__(self)


class Upstream(object):
    """The products of upstream tasks, by the task or by the group that its code
    names."""

    def __init__(self, found, task):
        self._found = found
        self._task = task

    @property
    def first(self):
        """The only one."""
        if len(self._found) != 1:
            raise ValueError("upstream.first is for a task with one upstream task, and %r has %d" % (self._task, len(self._found)))
        return next(iter(self._found.values()))

    def __getitem__(self, name):
        try:
            return self._found[name]
        except KeyError:
            pass
        from ploomber.exceptions import UpstreamKeyError

        raise UpstreamKeyError("task %r has no upstream %r; it has %s" % (self._task, name, ", ".join(map(repr, self._found)) or "none"))

    def get(self, name, default=None):
        return self._found.get(name, default)

    def keys(self):
        return self._found.keys()

    def values(self):
        return self._found.values()

    def items(self):
        return self._found.items()

    def to_json_serializable(self):
        return {name: _plain(p) for name, p in self._found.items()}

    def __contains__(self, name):
        return name in self._found

    def __iter__(self):
        return iter(self._found)

    def __len__(self):
        return len(self._found)

    def __eq__(self, other):
        return isinstance(other, Upstream) and self._found == other._found

    def __ne__(self, other):
        return not self == other

    __hash__ = None

    def __str__(self):
        return str(self._found)

    def __repr__(self):
        return "Upstream(%s)" % self._found


def _plain(product):
    if type(product) is dict:
        return {k: _plain(v) for k, v in product.items()}
    return product.to_json_serializable()


class Source(object):
    """The code of a task."""

    def __init__(self, text, name=None, file=None, line=0):
        self._text = text
        self._name = name
        self._file = file
        self._line = line

    @property
    def name(self):
        return self._name

    @property
    def loc(self):
        return "%s:%d" % (self._file, self._line) if self._line else self._file

    @property
    def doc(self):
        return None

    @property
    def primitive(self):
        return self._text

    def __str__(self):
        return self._text

    def __repr__(self):
        return "%s(%s)" % (type(self).__name__, self._name or self.loc)


class Task(object):
    """A task: its product, its parameters and those before it."""

    on_finish = on_failure = on_render = None
    serializer = unserializer = None

    def __init__(self, product, dag, name=None, params=None):
        self.name = name
        self.dag = dag
        self.product = product
        self.upstream = {}
        self.client = None
        self.source = Source("")
        self._given = dict(params or {})
        self._status = None
        self._request = {}
        product.task = self
        if dag is not None:
            dag._add(self)

    @classmethod
    def _of_request(cls, spec, dag=None):
        """The task that a request tells of; its parameters are complete."""
        from _pawl import objects, values

        self = cls.__new__(cls)
        params = values.typed(spec.get("params"), (spec.get("options") or {}).get("typed"))
        Task.__init__(self, objects.product_of(spec["product"], objects.lazy_client(spec.get("product_client"))), None, spec["name"], params)
        self.dag = dag
        self.client = objects.lazy_client(spec.get("client"))
        self._request = spec
        self._status = spec.get("status")
        self.serializer = spec.get("serializer")
        self.unserializer = spec.get("unserializer")
        self._set_source(spec)
        upstream = objects.upstream_of(spec.get("upstream") or [], self.name)
        self._products = upstream
        self.upstream = {item["task"]: item["task"] for item in spec.get("upstream") or []}
        return self

    def _set_source(self, spec):
        self.source = Source(spec.get("code") or "", self.name, spec.get("file"), spec.get("line") or 0)

    @property
    def params(self):
        """The parameters with upstream, where there is any, and product."""
        found = Params(self._given)
        products = self._upstream_products()
        if len(products):
            found["upstream"] = products
        found["product"] = self.product
        return found

    def _upstream_products(self):
        if "name" in self._request:
            return self._products
        return Upstream({name: task.product for name, task in self.upstream.items()}, self.name)

    @property
    def exec_status(self):
        if self._status is None:
            return None
        from ploomber.constants import TaskStatus

        return TaskStatus(self._status)

    @property
    def PRODUCT_CLASSES_ALLOWED(self):
        return None

    def offered(self):
        """What hooks can ask for."""
        return {"task": self, "client": self.client, "product": self.product, "params": self.params}

    def product_folders(self):
        """The folders that files are made in."""
        from ploomber.products import File

        products = [self.product] if len(self.product) == 1 and not hasattr(self.product, "keys") else self.product
        return {os.path.dirname(os.path.abspath(str(p))) for p in products if isinstance(p, File)}

    def prepared_metadata(self):
        """What a hook of the product makes of the metadata, or None without one."""
        prepare = getattr(self.product, "prepare_metadata", None)
        if prepare is None:
            return None
        import inspect

        metadata = {
            "stored_source_code": str(self.source),
            "params": {k: v for k, v in self._given.items()},
        }
        if len(inspect.signature(prepare).parameters) > 1:
            return prepare(metadata, product=self.product)
        return prepare(metadata)

    def set_upstream(self, other, group_name=None):
        self.upstream[other.name] = other

    def __rshift__(self, other):
        for task in _several(other):
            task.set_upstream(self)
        return other

    def __add__(self, other):
        from ploomber.tasks.declared import TaskGroup

        return TaskGroup(_several(self) + _several(other))

    def __repr__(self):
        return "%s: %s -> %r" % (type(self).__name__, self.name, self.product)

    def __str__(self):
        return str(self.product)


def _several(tasks):
    return list(tasks) if hasattr(tasks, "__iter__") else [tasks]
