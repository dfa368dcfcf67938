"""Pipelines: as hooks see them, and as Python code makes them of functions."""
from ploomber.exceptions import DAGCycle, NotOffered


class DAG(object):
    """Tasks by name, in the order in which they were added."""

    def __init__(self, name=None, clients=None, executor="serial"):
        self.name = name or "No name"
        self.clients = dict(clients or {})
        self.executor = executor
        self.on_finish = self.on_failure = self.on_render = None
        self.serializer = self.unserializer = None
        self._tasks = {}

    def _add(self, task):
        if task.name in self._tasks:
            raise ValueError("the pipeline has two tasks with the name %r" % task.name)
        self._tasks[task.name] = task

    def _ordered(self):
        """The tasks, each after those it depends on."""
        ordered, state = [], {}

        def visit(name):
            if state.get(name) == "left":
                return
            if state.get(name) == "entered":
                raise DAGCycle()
            state[name] = "entered"
            for before in self._tasks[name].upstream:
                visit(before)
            state[name] = "left"
            ordered.append(self._tasks[name])

        for name in self._tasks:
            visit(name)
        return ordered

    def get_downstream(self, task_name):
        return [name for name, task in self._tasks.items() if task_name in task.upstream]

    def pop(self, name):
        return self._tasks.pop(name)

    def close_clients(self):
        for client in self.clients.values():
            client.close()

    def build(self, *args, **keywords):
        raise NotOffered("a pipeline that Python code makes of tasks is not built: write it into pipeline.yaml and run `pawl build`, or wrap it into InMemoryDAG")

    build_partially = render = status = plot = to_markup = build

    def __getitem__(self, name):
        try:
            return self._tasks[name]
        except KeyError:
            raise KeyError("the pipeline has no task %r" % name) from None

    def get(self, name, default=None):
        return self._tasks.get(name, default)

    def keys(self):
        return self._tasks.keys()

    def values(self):
        return self._tasks.values()

    def items(self):
        return self._tasks.items()

    def __iter__(self):
        return iter(self._tasks)

    def __len__(self):
        return len(self._tasks)

    def __contains__(self, name):
        return name in self._tasks

    def __repr__(self):
        return "%s(%r)" % (type(self).__name__, self.name)


class Snapshot(DAG):
    """A pipeline as the hooks of a build see it: its tasks with their products
    and states, not to be changed."""

    def __init__(self, spec):
        from _pawl import objects

        super(Snapshot, self).__init__(spec["name"])
        for item in spec["tasks"]:
            self._add(objects.task_of(item, self))
        for task in self.values():
            task.upstream = {name: self[name] if name in self else name for name in task.upstream}
        self.clients = {name: objects.lazy_client(call) for name, call in (spec.get("clients") or {}).items()}

    def build(self, *args, **keywords):
        raise NotOffered("a hook can't build its own pipeline")

    build_partially = render = plot = to_markup = build

    def status(self):
        from ploomber.table import StatusReport

        return StatusReport({"name": t.name, "Status": t._status, "Product": repr(t.product)} for t in self.values())

    def __repr__(self):
        return 'DAG("%s")' % self.name


class DAGConfigurator(object):
    """Settings of pipelines that Python code makes."""

    def __init__(self, d=None):
        raise NotOffered("DAGConfigurator is not offered by pawl: write `config:` into pipeline.yaml")
