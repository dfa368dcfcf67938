"""Sources that are texts or files, as Python code names them."""
import os

from ploomber.tasks import Source


class TextSource(Source):
    """A text, or the file that a path, a template of a SourceLoader or one of
    Jinja leads to."""

    def __init__(self, primitive, suffix=None):
        self._primitive = primitive
        self._suffix = suffix
        self._folders = []
        file = text = None
        if isinstance(primitive, str):
            text = primitive
        elif isinstance(primitive, os.PathLike):
            file = os.fspath(primitive)
        elif hasattr(primitive, "filename") and hasattr(primitive, "environment"):  # Jinja's
            file = primitive.filename
            self._folders = [os.fspath(folder) for folder in getattr(primitive.environment.loader, "searchpath", [])]
            if file is None or not os.path.exists(file):
                raise ValueError("a template of Jinja must be one of a file: give a text as it is")
        elif isinstance(primitive, Template):
            file, self._folders = primitive.path, primitive.folders
        else:
            raise TypeError("a source is a text, a path or a template of a file, not %r" % (primitive,))
        name = None if file is None else os.path.splitext(os.path.basename(os.fspath(file)))[0]
        super(TextSource, self).__init__(text, name, None if file is None else os.fspath(file))
        if text is None:
            str(self)  # so that a missing file is told where it is named

    @property
    def primitive(self):
        return self._primitive

    def __str__(self):
        if self._text is not None:
            return self._text
        with open(self._file, encoding="utf-8") as file:
            return file.read()

    def described(self):
        """The source as a description has it, and what is to be said of it."""
        if self._text is not None:
            return self._text, dict({"text": True}, **({"suffix": self._suffix} if self._suffix else {}))
        return os.path.abspath(self._file), {"folders": [os.path.abspath(f) for f in self._folders]} if self._folders else {}


class Template(object):
    """A template that a SourceLoader has found."""

    def __init__(self, path, folders):
        import pathlib

        self.path = pathlib.Path(path)
        self.folders = folders

    def __str__(self):
        return self.path.read_text(encoding="utf-8")

    def __repr__(self):
        return "Template(%r)" % str(self.path)


class SourceLoader(object):
    """Finds templates by their names in a folder, or in several: those of a path,
    below the folder of a module if that is given. They can import each other."""

    def __init__(self, path=None, module=None):
        if path is None and module is None:
            raise TypeError("a SourceLoader needs a path or a module")
        base = ""
        if module is not None:
            module = __import__(module, fromlist=["_"]) if isinstance(module, str) else module
            base = os.path.dirname(os.path.abspath(module.__file__))
        paths = [path or ""] if path is None or isinstance(path, (str, os.PathLike)) else list(path)
        self._folders = [os.path.join(base, os.fspath(one)) for one in paths]
        self.path_full = self._folders[0] if len(self._folders) == 1 else self._folders

    def get_template(self, name):
        for folder in self._folders:
            path = os.path.join(folder, os.fspath(name))
            if os.path.isfile(path):
                return Template(path, self._folders)
        raise FileNotFoundError("there is no template %s in %s" % (name, ", ".join(self._folders)))

    __getitem__ = get_template

    def get(self, name):
        try:
            return self.get_template(name)
        except FileNotFoundError:
            return None

    def path_to(self, name):
        """Where a template is, or would be."""
        import pathlib

        found = self.get(name)
        return found.path if found else pathlib.Path(self._folders[0], name)
