"""Cells with parameters, in notebooks as Jupyter's servers hand them over.

A notebook is a dict in version 4 of nbformat. What is given is left as it is."""
import copy

INJECTED = "injected-parameters"
TEMPORARY = (INJECTED, "debugging-settings")

NOTE = """\
# These are the parameters that the pipeline gives to the task {task!r}. The cell
# is shown for trying things out: it goes when the notebook is saved.
"""

# What the first line of a cell begins with that `inject` has added.
MARK = NOTE.partition("{")[0]


def inject(notebook, code, task):
    """The notebook with a cell of that code: in place of one that was injected
    before, after that with the tag parameters, or on top."""
    import nbformat

    stays = injected_manually(notebook)
    cell = nbformat.v4.new_code_cell(code.strip() if stays else NOTE.format(task=task) + code.strip(), metadata={"tags": [INJECTED]})
    if (notebook.get("nbformat", 4), notebook.get("nbformat_minor", 0)) < (4, 5):
        cell.pop("id", None)
    cells = list(notebook["cells"])
    old, parameters = tagged(cells, INJECTED), tagged(cells, "parameters")
    if old is not None:
        cells[old] = cell
    else:
        cells.insert(0 if parameters is None else parameters + 1, cell)
    return changed(notebook, cells)


def remove(notebook):
    """The notebook without cells that stand there for a while only."""
    return changed(notebook, [c for c in notebook["cells"] if not set(TEMPORARY) & set(tags(c))])


def remove_shown(notebook):
    """The notebook without the cell of `inject`, whatever else there is."""
    return changed(notebook, [c for c in notebook["cells"] if not (INJECTED in tags(c) and text(c).startswith(MARK))])


def holds_notebook(model):
    """Whether a model of Jupyter is a notebook with its content."""
    return model.get("type") == "notebook" and bool(model.get("content"))


def injected_manually(notebook):
    """Whether the cell was put into the file, by `pawl nb --inject`."""
    return bool((notebook.get("metadata", {}).get("ploomber") or {}).get("injected_manually"))


def changed(notebook, cells):
    other = copy.copy(notebook)  # of the same class
    other["cells"] = cells
    return other


def tagged(cells, tag):
    return next((i for i, cell in enumerate(cells) if tag in tags(cell)), None)


def tags(cell):
    return cell.get("metadata", {}).get("tags") or ()


def text(cell):
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)
