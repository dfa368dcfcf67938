"""Tasks that call a function."""
from ploomber.tasks import Source, Task


class PythonCallableSource(Source):
    """A function, which is imported when somebody asks for it."""

    def __init__(self, primitive=None, dotted=None, text=None, **place):
        self._function = primitive
        self._dotted = dotted
        name = getattr(primitive, "__name__", None) or dotted.rpartition(".")[2].rpartition(":")[2]
        super(PythonCallableSource, self).__init__(text, name, **place)

    @property
    def primitive(self):
        if self._function is None:
            from _pawl import dotted

            self._function = dotted.find(self._dotted)
        return self._function

    @property
    def doc(self):
        return self.primitive.__doc__

    @property
    def loc(self):
        if self._file is None:
            import inspect

            self._file = inspect.getsourcefile(self.primitive)
            self._line = inspect.getsourcelines(self.primitive)[1]
        return super(PythonCallableSource, self).loc

    def _inspected(self):
        """What pawl has to know of the function."""
        from _pawl import requests

        return requests.inspected(self.primitive)

    def __str__(self):
        if self._text is None:
            import inspect

            self._text = inspect.getsource(self.primitive)
        return self._text

    def __repr__(self):
        return "PythonCallableSource(%s) (defined at: %r)" % (self._name, self.loc)


class PythonCallable(Task):
    """A task that calls a function."""

    def __init__(self, source, product, dag, name=None, params=None, unserializer=None, serializer=None, debug_mode=None):
        if not callable(source):
            raise TypeError("a PythonCallable is made of a function, not of %r" % (source,))
        self.source = PythonCallableSource(source)
        self.serializer = serializer or getattr(dag, "serializer", None)
        self.unserializer = unserializer or getattr(dag, "unserializer", None)
        self.debug_mode = debug_mode
        super(PythonCallable, self).__init__(product, dag, name, params)

    def load(self, key=None, **keywords):
        """Loads the product, or the one with a key, by the unserializer or by its
        suffix."""
        import os

        from ploomber.io import formats

        if key is None and hasattr(self.product, "keys"):
            raise ValueError("task %r makes several products: say which one by its key" % self.name)
        product = self.product if key is None else self.product[key]
        load = self.unserializer if callable(self.unserializer) else formats.LOADERS.get(os.path.splitext(str(product))[1])
        if load is None:
            raise TypeError("task %r has no unserializer, and nothing else loads %s" % (self.name, product))
        return load(product, **keywords)

    def _set_source(self, spec):
        self.source = PythonCallableSource(dotted=spec["dotted"], text=spec.get("code"), file=spec.get("file"), line=spec.get("line") or 0)


def input_data_passer(dag, name, preprocessor=None):
    """A task of an in-memory pipeline that passes on what it is given."""
    from ploomber.products import EmptyProduct

    def pass_on(input_data):
        return preprocessor(input_data) if preprocessor else input_data

    return PythonCallable(pass_on, EmptyProduct(), dag, name, params={"input_data": None})


def in_memory_callable(callable_, dag, name, params):
    """A task of an in-memory pipeline."""
    from ploomber.products import EmptyProduct

    return PythonCallable(callable_, EmptyProduct(), dag, name, params)
