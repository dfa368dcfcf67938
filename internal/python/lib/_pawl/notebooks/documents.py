"""Executed notebooks as the documents that are a task's products."""
import os

from _pawl.notebooks import NotebookError, install, need, option, warn

EXPORTERS = {".md": "markdown", ".html": "html", ".tex": "latex", ".pdf": "pdf", ".rst": "rst", ".ipynb": "ipynb"}


class Document(object):
    """A product that is made of the executed notebook."""

    def __init__(self, path, name, keywords):
        self.path = path
        self._keywords = keywords
        self._exporter = exporter(name or EXPORTERS.get(os.path.splitext(path)[1]), path)

    def write(self, notebook):
        """Makes the document of an executed notebook's file."""
        if self._exporter is None:
            if self._keywords:
                warn("nbconvert_export_kwargs count for nothing: %s is a notebook" % self.path)
            if self.path != notebook:
                import shutil

                shutil.copyfile(notebook, self.path)
            return
        import nbconvert
        import nbformat

        content, _ = nbconvert.export(self._exporter, nbformat.read(notebook, as_version=nbformat.NO_CONVERT), **self._keywords)
        with open(self.path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode("utf-8"))


def exporter(name, path):
    """The exporter of a name; None for one that changes nothing."""
    if name == "ipynb":
        return None
    if name is None:
        raise NotebookError("it can't be told what kind of document %s is: add nbconvert_exporter_name" % path)
    nbconvert = need("nbconvert", "documents such as %s need nbconvert" % os.path.basename(path))
    if name == "webpdf":
        need_browser()
    name = {"md": "markdown"}.get(name, name)
    try:
        return nbconvert.get_exporter(name)
    except (ValueError, nbconvert.ExporterNameError):
        raise NotebookError("%r is no exporter of nbconvert: there are %s" % (name, ", ".join(sorted(nbconvert.get_export_names()))))


def need_browser():
    from importlib.util import find_spec

    if not find_spec("playwright") and not find_spec("pyppeteer"):
        raise NotebookError('webpdf needs a browser: %s && playwright install chromium' % install('"nbconvert[webpdf]"'))


def documents_of(task):
    """The documents of a task: all, and the one that names the executed notebook."""
    spec = task._request["product"]
    keywords = option(task, "nbconvert_export_kwargs", {})
    names = option(task, "nbconvert_exporter_name")
    wanted = option(task, "nb_product_key", "nb")
    paths = {item.get("key"): item["path"] for item in spec["items"]}
    if spec.get("shape", "one") == "one":
        paths, wanted = {None: spec["items"][0]["path"]}, None
    if not isinstance(wanted, list):
        made = Document(paths[wanted if wanted is None else str(wanted)], names, keywords)
        return [made], made
    made = [Document(paths[str(key)], (names or {}).get(key), keywords) for key in wanted]
    notebooks = [d for d in made if d.path.endswith(".ipynb")]
    return made, (notebooks or made)[-1]
