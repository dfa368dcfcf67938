"""Contents managers of Jupyter that show the parameters of tasks.

A notebook or script of a pipeline is opened with a cell that assigns what its
task is given; when it is saved, the cell goes, and its products count as
outdated. Functions are notebooks, if their pipeline says so. Everything else is
left to the manager that is derived from."""
import asyncio
import functools
import inspect
import os

from ploomber.jupyter import cells
from ploomber.jupyter.functions import Functions
from ploomber.jupyter.pipelines import Pipelines, Unknown


class Watch(object):
    """What is done with the notebooks that a manager reads and writes."""

    def __init__(self, manager):
        self._manager = manager
        self._pipelines = Pipelines()
        self._told = None
        root = getattr(manager, "root_dir", None)  # else what it manages are no files
        self._root = root and os.path.abspath(root)
        self.functions = Functions(self._root, self._pipelines)

    def has_function(self, path):
        """Whether a path is one of functions."""
        return bool(self._root) and self.functions.has(path)

    def opened(self, model):
        """The model that is shown instead of one that was read."""
        if model["type"] == "directory" and model["content"] is not None and self._root:
            return dict(model, content=list(model["content"]) + self.functions.folders(model["path"]))
        if not cells.holds_notebook(model):
            return model
        file = self._find(model["path"])
        if file is None:
            return model
        if "error" in file:
            self._manager.log.warning("[pawl] %s is shown without parameters: %s", model["path"], file["error"])
            return model
        return dict(model, content=cells.inject(model["content"], file["code"], file["task"]))

    def saved(self, model, path):
        """The model that is written instead of one that is to be."""
        if not cells.holds_notebook(model):
            return model
        file, content = self._find(path or model.get("path", "")), model["content"]
        if file is not None:
            self._forget(file)
        if not cells.injected_manually(content):
            content = (cells.remove if file is not None else cells.remove_shown)(content)
        return dict(model, content=content)

    def _find(self, path):
        if not self._root:
            return None
        try:
            file = self._pipelines.find(os.path.join(self._root, path.strip("/")))
        except Unknown as error:
            if str(error) != self._told:  # Jupyter saves every other minute
                self._told = str(error)
                self._manager.log.warning("[pawl] no parameters are shown in %s: %s", path, error)
            return None
        self._told = None
        return file

    def _forget(self, file):
        """Removes what says that the products of a file are up to date."""
        for path in file["metadata"]:
            try:
                os.remove(path)
            except FileNotFoundError:
                pass
            except OSError as error:
                self._manager.log.warning("[pawl] the products of %s may count as up to date: %s", file["task"], error)


def derive_class(base_class):
    """A class of managers that works on top of another one."""
    if getattr(base_class, "shows_parameters", False):
        return base_class
    return (asynchronous if inspect.iscoroutinefunction(base_class.get) else synchronous)(base_class)


def watching(base_class):
    class Watching(base_class):
        shows_parameters = True

        @property
        def _watch(self):
            # not made with the manager, whose settings come later
            if "_pawl_watch" not in self.__dict__:
                self.__dict__["_pawl_watch"] = Watch(self)
            return self.__dict__["_pawl_watch"]

    for name in "file_exists", "dir_exists", "create_checkpoint", "list_checkpoints":
        setattr(Watching, name, beside_functions(getattr(base_class, name)))
    return Watching


def beside_functions(inherited):
    """A method that Functions answers for its paths, and else the inherited one."""

    @functools.wraps(inherited)
    def method(self, path, *args, **keywords):
        if not self._watch.has_function(path):
            return inherited(self, path, *args, **keywords)
        ours = getattr(self._watch.functions, inherited.__name__)
        return aside(ours, path) if inspect.iscoroutinefunction(inherited) else ours(path)

    return method


def synchronous(base_class):
    class PloomberContentsManager(watching(base_class)):
        def get(self, path, *args, **keywords):
            if self._watch.has_function(path):
                return self._watch.functions.get(path, *args, **keywords)
            return self._watch.opened(super(PloomberContentsManager, self).get(path, *args, **keywords))

        def save(self, model, path="", *args, **keywords):
            if self._watch.has_function(path):
                return self._watch.functions.save(model, path)
            return super(PloomberContentsManager, self).save(self._watch.saved(model, path), path, *args, **keywords)

    return PloomberContentsManager


def asynchronous(base_class):
    class PloomberContentsManager(watching(base_class)):
        async def get(self, path, *args, **keywords):
            if self._watch.has_function(path):
                return await aside(self._watch.functions.get, path, *args, **keywords)
            model = await super(PloomberContentsManager, self).get(path, *args, **keywords)
            return await aside(self._watch.opened, model)

        async def save(self, model, path="", *args, **keywords):
            if self._watch.has_function(path):
                return await aside(self._watch.functions.save, model, path)
            model = await aside(self._watch.saved, model, path)
            return await super(PloomberContentsManager, self).save(model, path, *args, **keywords)

    return PloomberContentsManager


def aside(function, *args, **keywords):
    """Calls what may take a while without keeping the server from its work."""
    return asyncio.get_running_loop().run_in_executor(None, functools.partial(function, *args, **keywords))


def base():
    """The manager of jupytext, which opens scripts as notebooks, or that of Jupyter."""
    try:
        from jupytext import TextFileContentsManager as manager
    except ImportError:
        try:
            from jupyter_server.services.contents.largefilemanager import LargeFileManager as manager
        except ImportError:
            from notebook.services.contents.largefilemanager import LargeFileManager as manager
    return manager


@functools.lru_cache(maxsize=None)
def default_class():
    return derive_class(base())


def __getattr__(name):
    if name != "PloomberContentsManager":
        raise AttributeError("module 'ploomber.jupyter.manager' has no attribute %r" % name)
    return default_class()


def _load_jupyter_server_extension(app):
    """Puts a derived manager in the place of the one that a server has."""
    if getattr(app.contents_manager_class, "shows_parameters", False):
        return
    app.contents_manager_class = derive_class(app.contents_manager_class)
    app.contents_manager = app.contents_manager_class(parent=app, log=app.log)
    app.session_manager.contents_manager = app.contents_manager
    app.web_app.settings["contents_manager"] = app.contents_manager
