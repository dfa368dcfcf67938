"""Tasks that are made together, and that come before or after others together."""
import copy
import os
import re

from ploomber.tasks import several

_FORBIDDEN = ("dag", "name", "params", "product")


class TaskGroup(object):
    """Tasks that come before or after others together."""

    def __init__(self, tasks):
        self.tasks = list(tasks)

    @classmethod
    def from_params(
        cls, task_class, product_class, product_primitive, task_kwargs, dag, params_array,
        name=None, namer=None, resolve_relative_to=None, on_render=None, on_finish=None, on_failure=None,
    ):  # fmt: skip
        """A task of the same source for each dictionary of params.

        They are called name0, name1 and so on, or as the namer says: a function
        of the params, or a text with the names of params in [[ ]]. Products get
        the number, too, unless the namer is a function.
        """
        if name is None and namer is None:
            raise ValueError("a group of tasks needs a name, or a namer")
        for key in _FORBIDDEN:
            if key in task_kwargs:
                raise KeyError("%s should not be in task_kwargs: the group gives it to its tasks" % key)
        if "source" not in task_kwargs:
            raise KeyError("source should be in task_kwargs")
        tasks = []
        for index, params in enumerate(params_array):
            keywords, params = copy.deepcopy(task_kwargs), copy.deepcopy(params)
            if namer is None:
                called = name + str(index)
            elif isinstance(namer, str):
                called = filled(namer, "[[", "]]", params)
            else:
                called, index = namer(params), None
            product = make_product(product_class, product_primitive, index, resolve_relative_to, params, called)
            task = task_class(product=product, dag=dag, name=called, params=params, **keywords)
            for hook, function in ("on_render", on_render), ("on_finish", on_finish), ("on_failure", on_failure):
                if function:
                    setattr(task, hook, function)
            tasks.append(task)
        return cls(tasks)

    @classmethod
    def from_grid(
        cls, task_class, product_class, product_primitive, task_kwargs, dag, grid,
        name=None, namer=None, resolve_relative_to=None, on_render=None, on_finish=None, on_failure=None, params=None,
    ):  # fmt: skip
        """As from_params, with each combination of the values of a grid, or of
        several, and params that are the same for all."""
        from ploomber.util import ParamGrid

        return cls.from_params(
            task_class, product_class, product_primitive, task_kwargs, dag, ParamGrid(grid, params=params).product(),
            name, namer, resolve_relative_to, on_render, on_finish, on_failure,
        )  # fmt: skip

    def set_upstream(self, other, group_name=None):
        for task in self.tasks:
            task.set_upstream(other, group_name)

    def __rshift__(self, other):
        for task in several(other):
            task.set_upstream(self)
        return other

    def __add__(self, other):
        return TaskGroup(self.tasks + several(other))

    def __radd__(self, other):
        return TaskGroup(several(other) + self.tasks)

    def __iter__(self):
        return iter(self.tasks)

    def __len__(self):
        return len(self.tasks)


def filled(text, begin, end, values):
    """A text with values in the place of their names. One that there is not is
    nothing."""
    pattern = re.escape(begin) + r"\s*(\w+)\s*" + re.escape(end)
    return re.sub(pattern, lambda match: str(values.get(match.group(1), "")), text)


def make_product(kind, primitive, index, base, params, name):
    if hasattr(primitive, "keys"):
        return {key: make_product(kind, one, index, base, params, name) for key, one in primitive.items()}
    if isinstance(primitive, (str, os.PathLike)):
        text = filled(os.fspath(primitive), "{{", "}}", {"name": name}) if isinstance(primitive, str) else os.fspath(primitive)
        return kind(text if index is None else numbered(text, index, base, params))
    parts = list(primitive)
    if index is not None:
        place = len(parts) - 2
        parts[place] = filled("%s-%d" % (parts[place], index), "[[", "]]", params)
    return kind(parts)


def numbered(text, index, base, params):
    """A path with a number before its suffixes."""
    import pathlib

    path = pathlib.Path(text) if base is None else pathlib.Path(base, text).resolve()
    suffix = "".join(path.suffixes)
    return filled(str(path.parent / ("%s-%d%s" % (path.name.replace(suffix, ""), index, suffix))), "[[", "]]", params)


class TaskFactory(object):
    """Makes tasks of a class with products of a class."""

    def __init__(self, task_class, product_class, dag):
        self.task_class = task_class
        self.product_class = product_class
        self.dag = dag

    def make(self, task_arg, product_arg, name, params=None):
        return self.task_class(task_arg, product=self.product_class(product_arg), dag=self.dag, name=name, params=params)


def task_factory(_func=None, **factory_kwargs):
    """Makes of a function one that adds it as a task: it takes what
    PythonCallable takes, and has what is given here already."""
    import functools

    from ploomber.tasks.functions import PythonCallable

    def decorate(function):
        @functools.wraps(function)
        def make(**keywords):
            return PythonCallable(function, **dict(factory_kwargs, **keywords))

        return make

    return decorate if _func is None else decorate(_func)
