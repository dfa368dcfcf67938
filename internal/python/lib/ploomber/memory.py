"""Pipelines of functions that run in this process, from object to object."""
import copy as copies

from ploomber.dag import DAG
from ploomber.exceptions import MissingKeysValidationError, ValidationError
from ploomber.tasks import functions


class InMemoryDAG(object):
    """A pipeline of functions that gets objects and returns objects.

    The tasks without upstream get theirs as input_data. All others get a
    dictionary of what those before them returned. return_postprocessor is
    applied to what each function returns.
    """

    def __init__(self, dag, return_postprocessor=None):
        for task in dag.values():
            if not isinstance(task, functions.PythonCallable):
                raise TypeError("an InMemoryDAG is made of functions, and task %r is a %s" % (task.name, type(task).__name__))
        self.dag = dag
        self.return_postprocessor = return_postprocessor
        self._order = dag._ordered()
        self._roots = [t.name for t in dag.values() if not t.upstream]

    def build(self, input_data, copy=False):
        """Runs all functions and returns what each one returned, by task.

        copy=True makes a shallow copy of what a function gets of another, and a
        function makes another kind of copy.
        """
        self._check(input_data)
        duplicate = copies.copy if copy is True else copy or (lambda value: value)
        results = {}
        for task in self._order:
            keywords = dict(task._given)
            if task.upstream:
                keywords["upstream"] = {name: duplicate(results[name]) for name in task.upstream}
            else:
                keywords["input_data"] = input_data[task.name]
            returned = task.source.primitive(**keywords)
            if returned is None:
                raise ValueError("function %r of task %r returned None: in a pipeline in memory each must return something" % (task.source.name, task.name))
            results[task.name] = self.return_postprocessor(returned) if self.return_postprocessor else returned
        return results

    def _check(self, input_data):
        missing = [n for n in self._roots if n not in input_data]
        if missing:
            raise MissingKeysValidationError("input_data lacks %s" % ", ".join(map(repr, missing)), missing)
        extra = [n for n in input_data if n not in self._roots]
        if extra:
            raise ValidationError("input_data has %s, and may have %s" % (", ".join(map(repr, extra)), ", ".join(map(repr, self._roots))))


class OnlineDAG(object):
    """A pipeline without its first tasks, with another last one, to be used for
    predictions. Subclasses have get_partial, terminal_task and terminal_params."""

    def __init__(self):
        dag = self.init_dag_from_partial(self.get_partial())
        terminal = functions.in_memory_callable(self.terminal_task, dag, "terminal", dict(self.terminal_params() or {}))
        for name in list(dag):
            if name != "terminal":
                terminal.set_upstream(dag[name])
        self.in_memory = InMemoryDAG(dag)

    @staticmethod
    def get_partial():
        """The path of a file with a list of tasks, such a list, or a DAG."""
        raise TypeError("a subclass of OnlineDAG must have the static method get_partial")

    @staticmethod
    def terminal_task(upstream, model):
        raise TypeError("a subclass of OnlineDAG must have the static method terminal_task")

    @staticmethod
    def terminal_params():
        raise TypeError("a subclass of OnlineDAG must have the static method terminal_params")

    @classmethod
    def init_dag_from_partial(cls, partial):
        if isinstance(partial, DAG):
            return partial
        from ploomber.spec import functions_dag

        return functions_dag(partial)

    def predict(self, **kwargs):
        """What all tasks return for these inputs, by task."""
        return self.in_memory.build(kwargs)


class OnlineModel(OnlineDAG):
    """Predicts with the model.pickle of a module, from the task `features` of
    its pipeline-features.yaml."""

    def __init__(self, module):
        self._module = __import__(module, fromlist=["_"]) if isinstance(module, str) else module
        super(OnlineModel, self).__init__()

    def _file(self, name):
        import os

        return os.path.join(os.path.dirname(os.path.abspath(self._module.__file__)), name)

    def get_partial(self):
        return self._file("pipeline-features.yaml")

    def terminal_params(self):
        import pickle

        with open(self._file("model.pickle"), "rb") as file:
            return {"model": pickle.load(file)}

    @staticmethod
    def terminal_task(upstream, model):
        return model.predict(upstream["features"])

    def predict(self, **kwargs):
        return super(OnlineModel, self).predict(**kwargs)["terminal"]
