"""Contents managers of Jupyter that show the parameters of tasks.

A notebook or script of a pipeline is opened with a cell that assigns what its
task is given; when it is saved, the cell goes, and its products count as
outdated. Everything else is left to the manager that is derived from."""
import asyncio
import functools
import inspect
import os

from ploomber.jupyter import cells
from ploomber.jupyter.pipelines import Pipelines, Unknown


class Watch(object):
    """What is done with the notebooks that a manager reads and writes."""

    def __init__(self, manager):
        self._manager = manager
        self._pipelines = Pipelines()
        self._told = None

    def opened(self, model):
        """The model that is shown instead of one that was read."""
        if not holds_notebook(model):
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
        if not holds_notebook(model):
            return model
        file, content = self._find(path or model.get("path", "")), model["content"]
        if file is not None:
            self._forget(file)
        if not cells.injected_manually(content):
            content = (cells.remove if file is not None else cells.remove_shown)(content)
        return dict(model, content=content)

    def _find(self, path):
        root = getattr(self._manager, "root_dir", None)
        if not root:
            return None  # what it manages are no files
        try:
            file = self._pipelines.find(os.path.join(os.path.abspath(root), path.strip("/")))
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


def holds_notebook(model):
    return model.get("type") == "notebook" and bool(model.get("content"))


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

    return Watching


def synchronous(base_class):
    class PloomberContentsManager(watching(base_class)):
        def get(self, path, *args, **keywords):
            return self._watch.opened(super(PloomberContentsManager, self).get(path, *args, **keywords))

        def save(self, model, path="", *args, **keywords):
            return super(PloomberContentsManager, self).save(self._watch.saved(model, path), path, *args, **keywords)

    return PloomberContentsManager


def asynchronous(base_class):
    class PloomberContentsManager(watching(base_class)):
        async def get(self, path, *args, **keywords):
            model = await super(PloomberContentsManager, self).get(path, *args, **keywords)
            return await aside(self._watch.opened, model)

        async def save(self, model, path="", *args, **keywords):
            model = await aside(self._watch.saved, model, path)
            return await super(PloomberContentsManager, self).save(model, path, *args, **keywords)

    return PloomberContentsManager


def aside(function, *args):
    """Calls what may take a while without keeping the server from its work."""
    return asyncio.get_running_loop().run_in_executor(None, function, *args)


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
