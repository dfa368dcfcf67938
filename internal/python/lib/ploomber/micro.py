"""Pipelines of functions that name each other by their parameters."""
import inspect
import os

from ploomber.dag import DAG


def grid(**params):
    """Makes a function a task for each combination of values."""

    def decorate(function):
        function.__dict__.setdefault("_grids", []).append(params)
        return function

    return decorate


def dag_from_functions(functions, output="output", params=None, parallel=False, dependencies=None, hot_reload=True):
    """A pipeline of functions: a parameter with the name of another function
    gets what that returned. Results are pickled in the output folder.

    build runs all functions, in this process and one after the other.
    """
    from ploomber.io import serializer_pickle, unserializer_pickle
    from ploomber.products import File
    from ploomber.tasks.functions import PythonCallable
    from ploomber.util import ParamGrid

    dag = _Functions()
    for function in functions:
        name = function.__name__
        own = dict((params or {}).get(name) or {})
        grids = getattr(function, "_grids", None)
        combinations = [c for g in grids for c in ParamGrid(g, own).product()] if grids else [own]
        for i, combination in enumerate(combinations):
            called = "%s-%d" % (name, i) if grids else name
            PythonCallable(function, File(os.path.join(output, called)), dag, called, combination, unserializer_pickle, serializer_pickle)
    for task in dag.values():
        function = task.source.primitive
        declared = (dependencies or {}).get(function.__name__)
        taken = inspect.signature(function).parameters
        for name, parameter in taken.items() if declared is None else ():
            if name in task._given or name not in dag and parameter.default is not parameter.empty:
                continue
            if name not in dag:
                raise KeyError("function %r takes %r, which is neither a function of the pipeline nor among its params" % (function.__name__, name))
            task.set_upstream(dag[name])
        for name in declared or ():
            task.set_upstream(dag[name])
    return dag


class _Functions(DAG):
    def build(self, force=False, show_progress=False, **keywords):
        import time

        from ploomber.table import BuildReport

        rows, total = [], 0.0
        for task in self._ordered():
            arguments = dict(task._given, **{name: task.unserializer(self[name].product) for name in task.upstream})
            started = time.perf_counter()
            returned = task.source.primitive(**arguments)
            elapsed = time.perf_counter() - started
            if returned is None:
                raise ValueError("function %r returned None: it must return something to store" % task.source.name)
            os.makedirs(os.path.dirname(os.path.abspath(str(task.product))), exist_ok=True)
            task.serializer(returned, task.product)
            rows.append({"name": task.name, "Ran?": True, "Elapsed (s)": elapsed})
            total += elapsed
        for row in rows:
            row["Percentage"] = 100 * row["Elapsed (s)"] / total if total else 0
        return BuildReport(rows)
