"""Functions of pipelines as notebooks, in folders that Jupyter shows beside their
modules: the task fit, of a function in tasks.py, is `tasks.py (functions)/fit`.

A pipeline has them shown by `jupyter_functions_as_notebooks` in its `meta`."""
import datetime
import hashlib
import io
import os
import sys
import tokenize

from ploomber.jupyter import cells, modules
from ploomber.jupyter.pipelines import Unknown

SUFFIX = " (functions)"

NOTE = """\
The function `{function}` of `{module}`, which the task `{task}` calls. Saving puts \
the cells below the imports into its body. The imports are those at the top of the \
module: change them here. The other cells, and this one, are here for trying things \
out only."""

SETTINGS = """\
import os, sys
os.chdir({root!r})
sys.path[:0] = [path for path in {folders!r} if path not in sys.path]
__package__ = {package!r}"""

IMPORTS, NAMES = "imports-top", "imports-local"

# Cells with one of these tags are no part of the function.
BESIDE = {IMPORTS, NAMES, "imports-bottom"} | set(cells.TEMPORARY)


class Functions(object):
    """Answers Jupyter's questions about paths in folders of functions."""

    def __init__(self, root, pipelines):
        self._root, self._pipelines = root, pipelines
        self._known = {}

    def has(self, path):
        """Whether a path is one of such a folder, be it there or not."""
        if SUFFIX not in path or ".." in path.split("/"):
            return False
        module, _ = self._place(path)
        return os.path.isfile(module) and not os.path.lexists(module + SUFFIX)

    def folders(self, folder):
        """The models of the folders beside the modules of a folder."""
        names = [name for name in os.listdir(self._file(folder)) if name.endswith(".py")]
        if not names or sys.version_info < (3, 8):  # ast does not say where things end
            return []
        try:
            answer = self._pipelines.of(self._file(folder))
        except Unknown:
            return []  # it is told when a notebook is opened
        real = {os.path.realpath(self._file(folder, name)): name for name in names}
        found = dict.fromkeys(real[f["path"]] for f in answer.functions if f["path"] in real)
        return [self._folder(join(folder, name + SUFFIX), None) for name in found]

    def get(self, path, content=True, **ignored):
        module, task = self._place(path)
        functions = self._of(module)
        if not task and functions:
            return self._folder(path.strip("/"), functions if content else None)
        return self._notebook(path.strip("/"), self._named(functions, task), content)

    def save(self, model, path):
        module, task = self._place(path)
        function = self._named(self._of(module), task)
        if not cells.holds_notebook(model):
            raise refused("a function is saved as a notebook")
        code, imports = written(model["content"]["cells"])
        try:
            rewrite(module, lambda text: modules.Function(text, function["function"]).changed(code, imports))
        except (modules.Broken, OSError, UnicodeError) as error:
            raise refused("%s is left as it was: %s" % (os.path.basename(module), error)) from None
        return self._notebook(path.strip("/"), function, False)

    def file_exists(self, path):
        module, task = self._place(path)
        return any(f["task"] == task for f in self._of(module))

    def dir_exists(self, path):
        module, task = self._place(path)
        return not task and bool(self._of(module))

    def create_checkpoint(self, path):
        """Jupyter wants one after each save. There are none of functions."""
        return {"id": "module", "last_modified": changed(self._place(path)[0])}

    def list_checkpoints(self, path):
        return []

    def _place(self, path):
        """The module and the task that a path stands for; "" for a folder."""
        module, _, task = path.strip("/").partition(SUFFIX)
        return self._file(module), task.strip("/")

    def _file(self, *path):
        return os.path.join(self._root, *[part for p in path for part in p.strip("/").split("/") if part])

    def _of(self, module):
        """The functions of a module, one for each task. Those that were known last,
        if what was saved has broken the pipeline: it is mended by saving again."""
        real = os.path.realpath(module)
        try:
            answer = self._pipelines.of(os.path.dirname(module))
        except Unknown as error:
            if real not in self._known:
                raise refused(str(error)) from None
        else:
            self._known[real] = [f for f in answer.functions if f["path"] == real]
        return self._known[real]

    def _named(self, functions, task):
        for function in functions:
            if function["task"] == task:
                return function
        from tornado.web import HTTPError

        raise HTTPError(404, "no function of the pipeline is called by a task %s" % task)

    def _folder(self, path, functions):
        """The model of a folder; without content unless there are functions."""
        model = dict(self._model(path, self._place(path)[0]), type="directory", format=None)
        if functions is not None:
            model.update(format="json", content=[self._notebook(join(path, f["task"]), f, False) for f in functions])
        return model

    def _notebook(self, path, function, content):
        model = dict(self._model(path, function["path"]), type="notebook", format=None)
        try:
            found = modules.Function(read(function["path"])[0], function["function"])
        except (modules.Broken, OSError, UnicodeError) as error:
            if content:
                raise refused("%s can't be shown: %s" % (os.path.basename(function["path"]), error)) from None
            return model
        # editors compare it before they save
        model.update(hash=hashlib.sha256("\0".join([found.imports] + found.cells).encode()).hexdigest(), hash_algorithm="sha256")
        if content:
            model.update(format="json", content=notebook(found, function))
        return model

    def _model(self, path, module):
        return {
            "name": path.rpartition("/")[2], "path": path, "created": changed(module), "last_modified": changed(module),
            "mimetype": None, "content": None, "writable": os.access(module, os.W_OK),
        }


def notebook(found, function):
    """The notebook of a function that was found in its module."""
    from nbformat import v4

    settings = SETTINGS.format(root=function["root"], folders=function["folders"], package=function["module"].rpartition(".")[0])
    note = NOTE.format(module=os.path.basename(function["path"]), **{k: function[k] for k in ("function", "task")})
    names = "from %s import %s" % (function["module"], ", ".join(found.names))
    tagged = [(settings, "debugging-settings"), (function["code"].strip(), cells.INJECTED), (found.imports, IMPORTS), (names if found.names else "", NAMES)]
    beside = [v4.new_code_cell(code, metadata={"tags": [tag]}) for code, tag in tagged if code or tag == IMPORTS]
    return v4.new_notebook(
        cells=[v4.new_markdown_cell(note)] + beside + [v4.new_code_cell(code) for code in found.cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )


def written(shown):
    """What stands in the cells of a function, and in that of the imports (None
    where there is none). Those that begin with a line of # alone are notes."""
    imports = [cells.text(c) for c in shown if IMPORTS in cells.tags(c)]
    code = [cells.text(c) for c in shown if c["cell_type"] == "code" and not BESIDE & set(cells.tags(c))]
    return [text for text in code if not text.startswith("#\n")], imports[0] if imports else None


def read(path):
    """The text of a module, and its encoding."""
    with open(path, "rb") as f:
        content = f.read()
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    return content.decode(encoding), encoding


def rewrite(path, change):
    """Replaces the text of a module by what change makes of it: whole, or not at all."""
    path = os.path.realpath(path)
    before, encoding = read(path)
    after = change(before)
    if after == before:
        return
    temporary = path + ".part"
    try:
        with open(temporary, "wb") as f:
            f.write(after.encode(encoding))
        os.chmod(temporary, os.stat(path).st_mode & 0o7777)
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.remove(temporary)
        raise


def refused(why):
    from tornado.web import HTTPError

    return HTTPError(400, why.replace("%", "%%"))


def changed(path):
    return datetime.datetime.fromtimestamp(os.stat(path).st_mtime, datetime.timezone.utc)


def join(folder, name):
    return (folder.strip("/") + "/" + name).lstrip("/")
