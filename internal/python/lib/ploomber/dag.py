"""Pipelines: as hooks see them, and as Python code makes them of tasks."""
from ploomber.exceptions import DAGCycle, NotOffered
from ploomber.tasks import Hook

__path__ = []  # modules below are found elsewhere


class Clients(dict):
    """Clients of the classes of tasks and products, which are known by their
    names as well."""

    def __init__(self, clients=None):
        super(Clients, self).__init__()
        for kind, client in (clients or {}).items():
            self[kind] = client

    def __setitem__(self, kind, client):
        name = class_name(kind)
        if name not in known_classes():
            import difflib

            close = difflib.get_close_matches(name, known_classes(), 1)
            raise ValueError("%r is no class of tasks or products%s" % (name, ". Did you mean %r?" % close[0] if close else ""))
        super(Clients, self).__setitem__(name, client)

    def __getitem__(self, kind):
        from _pawl import objects

        return objects.resolved(super(Clients, self).__getitem__(class_name(kind)))

    def __delitem__(self, kind):
        super(Clients, self).__delitem__(class_name(kind))

    def __contains__(self, kind):
        return super(Clients, self).__contains__(class_name(kind))

    def get(self, kind, default=None):
        return self[kind] if kind in self else default

    def values(self):
        return [self[name] for name in self]

    def raw(self):
        """The clients by their names; those of files are not made yet."""
        return dict.items(self)


def class_name(kind):
    return kind if isinstance(kind, str) else kind.__name__


def known_classes():
    import ploomber.products
    import ploomber.tasks

    return [n for n in ploomber.tasks.__all__ + ploomber.products.__all__ if n[0].isupper()]


class DAG(object):
    """Tasks by name, in an order in which each comes after those it depends on.

    pawl builds them: it asks this process what they are, and runs each in a
    process that is forked from this one.
    """

    on_render = Hook("dag")
    on_finish = Hook("dag", "report")
    on_failure = Hook("dag", "traceback")

    def __init__(self, name=None, clients=None, executor="serial"):
        from ploomber.configuration import DAGConfiguration

        if executor not in ("serial", "parallel") and not hasattr(executor, "_described"):
            raise TypeError('an executor is "serial", "parallel" or one of ploomber.executors, not %r' % (executor,))
        self.name = name or "No name"
        self.clients = Clients(clients)
        self.executor = executor
        self.serializer = self.unserializer = None
        self._params = DAGConfiguration()
        self._tasks = {}
        self._place = {}
        self._status = None

    def _add(self, task):
        if task.name in self._tasks:
            raise ValueError("the pipeline has two tasks with the name %r" % task.name)
        self._tasks[task.name] = task

    def _borrow(self, task):
        """Takes a task of another pipeline, and those that it depends on."""
        if self._tasks.get(task.name) is task:
            return
        self._add(task)
        for before in task.upstream.values():
            self._borrow(before)

    def _ordered(self):
        """The tasks, each after those it depends on."""
        waits = {name: len(task.upstream) for name, task in self._tasks.items()}
        after = {name: [] for name in waits}
        for name, task in self._tasks.items():
            for before in task.upstream:
                after[before].append(name)
        ready = [name for name, count in waits.items() if not count]
        for name in ready:
            for other in after[name]:
                waits[other] -= 1
                if not waits[other]:
                    ready.append(other)
        if len(ready) < len(waits):
            raise DAGCycle()
        return [self._tasks[name] for name in ready]

    def get_downstream(self, task_name):
        return [name for name, task in self._tasks.items() if task_name in task.upstream]

    def pop(self, name):
        return self._tasks.pop(name)

    def __delitem__(self, name):
        del self._tasks[name]

    @property
    def product(self):
        from ploomber.products import MetaProduct

        return MetaProduct([task.product for task in self.values()])

    def close_clients(self):
        """Closes the clients of the pipeline, of its tasks and of their products."""
        closed = []
        found = list(self.clients.values())
        for task in self._tasks.values():
            found += [task.client, task.product.client]
        for client in found:
            if client is not None and all(client is not c for c in closed):
                client.close()
                closed.append(client)

    def build(self, force=False, show_progress=True, debug=None, close_clients=True):
        """Brings all products up to date, and returns what was run."""
        from _pawl import owner

        return owner.build(self, force, debug, close_clients)

    def build_partially(self, target, force=False, show_progress=True, debug=None, skip_upstream=False):
        """Brings the products of a task up to date, or of those that a pattern
        matches, and of what they depend on."""
        from _pawl import owner

        return owner.build(self, force, debug, True, target, skip_upstream)

    def render(self, force=False, show_progress=True, remote=False):
        """Finds out what has to be run."""
        from _pawl import owner

        owner.render(self, force)
        return self

    def status(self, **keywords):
        """When the tasks ran, and whether they are outdated."""
        from _pawl import owner

        return owner.status(self)

    def plot(self, output="embed", include_products=False, backend=None, image_only=False):
        """Draws the pipeline into a file, and returns its path; "embed" returns
        what a notebook shows."""
        from _pawl import owner

        return owner.plot(self, output, include_products, backend)

    def to_markup(self, path=None, fmt="html", sections=None, backend=None):
        """A page with the picture and the status, or a table in Markdown."""
        from _pawl import owner

        return owner.markup(self, path, fmt, sections)

    def __getitem__(self, name):
        try:
            return self._tasks[name]
        except KeyError:
            raise KeyError("the pipeline has no task %r" % name) from None

    def get(self, name, default=None):
        return self._tasks.get(name, default)

    def keys(self):
        return [task.name for task in self._ordered()]

    def values(self):
        return self._ordered()

    def items(self):
        return [(task.name, task) for task in self._ordered()]

    def _iter(self):
        return iter(self._tasks)

    def __iter__(self):
        return iter(self.keys())

    def __len__(self):
        return len(self._tasks)

    def __contains__(self, name):
        return name in self._tasks

    def __repr__(self):
        return '%s("%s")' % (type(self).__name__, self.name)


class Snapshot(DAG):
    """A pipeline as the hooks of a build see it: its tasks with their products
    and states, not to be changed."""

    def __init__(self, spec):
        from _pawl import objects

        super(Snapshot, self).__init__(spec["name"])
        for item in spec["tasks"]:
            self._add(objects.task_of(item, self))
        for task in self._tasks.values():
            task.upstream = {name: self[name] for name in task.upstream if name in self}
        for name, call in (spec.get("clients") or {}).items():
            self.clients[name] = objects.lazy_client(call)

    def build(self, *args, **keywords):
        raise NotOffered("a hook can't build its own pipeline")

    build_partially = render = plot = to_markup = build

    def status(self):
        from ploomber.table import StatusReport

        return StatusReport({"name": t.name, "Status": t._status, "Product": repr(t.product)} for t in self.values())

    def __repr__(self):
        return 'DAG("%s")' % self.name
