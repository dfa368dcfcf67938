"""Files that jupytext keeps alike."""
from _pawl.notebooks import need


def jupytext(args):
    """Calls the program jupytext."""
    need("jupytext.cli", "pairs of files need jupytext", "jupytext").jupytext(["--quiet"] + args)
