"""Tasks, as hooks and functions see them, and as Python code makes them."""
import os

_ELSEWHERE = {
    "PythonCallable": "ploomber.tasks.functions",
    "input_data_passer": "ploomber.tasks.functions",
    "in_memory_callable": "ploomber.tasks.functions",
    "TaskGroup": "ploomber.tasks.groups",
    "task_factory": "ploomber.tasks.groups",
    "TaskFactory": "ploomber.tasks.groups",
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


class Hook(object):
    """An attribute that is a function, which can be called with some of what it
    is offered, or None."""

    def __init__(self, *offered):
        self._offered = offered

    def __set_name__(self, owner, name):
        self._name = name

    def __get__(self, task, owner=None):
        return None if task is None else task.__dict__.get(self._name)

    def __set__(self, task, hook):
        from _pawl import dotted, signatures

        if callable(hook) and not isinstance(hook, dotted.Named):
            told = signatures.hook_problem(hook, self._offered)
            if told:
                from ploomber.exceptions import CallbackSignatureError

                raise CallbackSignatureError(told)
        task.__dict__[self._name] = hook


class Task(object):
    """A task: its product, its parameters and those before it."""

    on_render = Hook("task", "client", "product", "params")
    on_finish = Hook("task", "client", "product", "params")
    on_failure = Hook("task", "client", "product", "params")
    serializer = unserializer = None
    source = Source("")

    def __init__(self, product, dag, name=None, params=None):
        from ploomber.products import product_of

        self.name = self.source.name if name is None else name
        self.dag = dag
        self.product = product_of(product)
        self.upstream = {}
        self._groups = {}
        self._client = None
        self._given = dict(params or {})
        self._status = None
        self._request = {}
        self.product.task = self
        for own in "upstream", "product":
            if own in self._given:
                raise ValueError("params can't have %r: tasks get it by themselves" % own)
        if dag is None:
            return
        if self.name is None:
            raise AttributeError("a %s of a text needs a name" % type(self).__name__)
        dag._add(self)

    @classmethod
    def _of_request(cls, spec, dag=None):
        """The task that a request tells of; its parameters are complete."""
        from _pawl import objects, values

        self = cls.__new__(cls)
        params = values.typed(spec.get("params"), (spec.get("options") or {}).get("typed"), spec["name"])
        Task.__init__(self, objects.product_of(spec["product"], objects.lazy_client(spec.get("product_client"))), None, spec["name"], params)
        self.dag = dag
        self._client = objects.lazy_client(spec.get("client"))
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
    def client(self):
        """The task's own, or that of the pipeline for its class."""
        from _pawl import objects

        if self._client is None and self.dag is not None:
            return self.dag.clients.get(type(self).__name__)
        return objects.resolved(self._client)

    @client.setter
    def client(self, client):
        self._client = client

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
        found = {}
        for name, task in self.upstream.items():
            at = found.setdefault(self._groups[name], {}) if name in self._groups else found
            at[name] = task.product
        return Upstream(found, self.name)

    @property
    def exec_status(self):
        from ploomber.constants import TaskStatus

        if self._status is None:
            return None if self._request else TaskStatus.WaitingRender
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
        from _pawl import dotted

        named = (self._request.get("options") or {}).get("prepare_metadata")
        prepare = dotted.find(named) if named else getattr(self.product, "prepare_metadata", None)
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
        for task in several(other):
            self.upstream[task.name] = task
            if group_name is not None:
                self._groups[task.name] = group_name
            if self.dag is not None:
                self.dag._borrow(task)

    def build(self, force=False, catch_exceptions=True):
        """Builds this task, whose upstream tasks must have been built."""
        from _pawl import owner

        return owner.build_task(self, force)

    def render(self, force=False, outdated_by_code=True, remote=False):
        self.dag.render(force=force)

    def status(self, return_code_diff=False, sections=None):
        """The task's row of the pipeline's status."""
        report = self.dag.status()
        return next(row for row in report.rows if row["name"] == self.name)

    def develop(self, *args, **keywords):
        from ploomber.exceptions import NotOffered

        raise NotOffered("a task is edited in Jupyter, where `pawl nb --jupyter-config` has its parameters shown, and functions as notebooks")

    def debug(self, kind="ipdb"):
        """Runs the task step by step in a debugger ("ipdb" or "pdb"), or starts
        one where it fails ("pm")."""
        from _pawl import owner

        owner.debug_task(self, kind)

    def __rshift__(self, other):
        for task in several(other):
            task.set_upstream(self)
        return other

    def __add__(self, other):
        from ploomber.tasks.groups import TaskGroup

        return TaskGroup([self] + several(other))

    def __repr__(self):
        return "%s: %s -> %r" % (type(self).__name__, self.name, self.product)

    def __str__(self):
        return str(self.product)


def several(tasks):
    """The tasks of a group or a list, or the only one."""
    found = list(tasks) if hasattr(tasks, "__iter__") and not hasattr(tasks, "build_partially") else [tasks]
    for task in found:
        if not isinstance(task, Task):
            raise TypeError("what comes before or after a task is a task or a group of them, not %r" % (task,))
    return found
