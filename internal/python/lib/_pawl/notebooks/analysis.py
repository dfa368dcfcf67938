"""Mistakes in the code of a notebook that show before it runs."""
import ast
import io
import re
import tokenize

from _pawl.notebooks import NotebookError, install, option, tags_of, text_of, warn
from _pawl.notebooks.places import Places

CELL_MAGIC = re.compile(r"\s*%%[a-zA-Z]+")
LINE_MAGIC = re.compile(r"\s*(%[a-zA-Z]|!.)")

OF_PYTHON = {"%%capture", "%%timeit", "%%time"}
"""Cell magics below which there is Python."""

ERRORS = {
    "UndefinedName", "UndefinedLocal", "DuplicateArgument", "ReturnOutsideFunction",
    "YieldOutsideFunction", "ContinueOutsideLoop", "BreakOutsideLoop",
}  # fmt: skip
"""The findings of pyflakes that keep a notebook from running."""

ADVICE = "\n(static_analysis: disable, in the task's declaration, turns this check off)"


def check(task, notebook):
    """Refuses code that can't run, as strictly as the task asks for."""
    level = option(task, "static_analysis", "regular")
    if level == "disable" or option(task, "language") != "python":
        return
    given = list(task.params)
    if level == "strict":
        check_declared(notebook, given)
    else:
        warn_unused(notebook, given)
    check_code(notebook, level == "strict", Places(option(task, "places")))


def refused(notebook, given, places=None):
    """Why a strict task's notebook, an ipynb file's text, can't be run; None if
    it can. For those who ask before anything runs."""
    import json

    notebook = json.loads(notebook)
    try:
        check_declared(notebook, given)
        check_code(notebook, True, Places(places))
    except NotebookError as error:
        return str(error)
    return None


def check_code(notebook, strict, places):
    lines = Lines(notebook, places)
    try:
        tree = ast.parse(lines.text)
    except SyntaxError as error:
        text = (error.text or "").strip()
        raise NotebookError("%s: syntax error: %s%s%s" % (lines.place(error.lineno), error.msg, "\n    " + text if text else "", ADVICE)) from None
    try:
        import pyflakes.checker as pyflakes
    except ImportError:
        if strict:
            raise NotebookError("static_analysis: strict needs pyflakes: " + install("pyflakes"))
        return  # syntax was checked
    found = sorted(pyflakes.Checker(Awaited().visit(tree), filename="").messages, key=lambda m: m.lineno)
    errors = []
    for message in found:
        told = "%s: %s" % (lines.place(message.lineno), message.message % message.message_args)
        kind = type(message).__name__
        if kind not in ERRORS:
            warn(told)
        elif kind == "UndefinedName" and message.message_args[:1] == ("upstream",):
            errors.append(told + ": the task comes after no other task")
        else:
            errors.append(told)
    if errors:
        raise NotebookError("\n".join(errors) + ADVICE)


class Awaited(ast.NodeTransformer):
    """Puts what is awaited in the place of the await: notebooks do so anywhere,
    which pyflakes takes for a mistake."""

    def visit_Await(self, node):
        return self.visit(node.value)


class Lines(object):
    """The code of all cells, and from which cell each line is."""

    def __init__(self, notebook, places=None):
        self._known = places or Places(None)
        self._places = []
        lines = []
        for number, cell in enumerate(notebook["cells"]):
            if cell["cell_type"] != "code":
                continue
            code = without_magics(text_of(cell))
            lines += code
            self._places += [(number, line) for line in range(1, len(code) + 1)]
        self.text = "\n".join(lines) + "\n"

    def place(self, line):
        if not self._places:
            return "notebook"
        return self._known.told(*self._places[min(max(line or 1, 1), len(self._places)) - 1])


def without_magics(source):
    """The lines of a cell, with statements that do nothing for magics."""
    lines, other = [], False
    for line in source.splitlines() or [""]:
        cell = CELL_MAGIC.match(line)
        if cell and cell.group().strip() not in OF_PYTHON:
            other = True
        if other or cell:
            lines.append("# " + line)
        elif LINE_MAGIC.match(line):
            code = line.lstrip()
            lines.append(line[: len(line) - len(code)] + "pass  # " + code)
        else:
            lines.append(line)
    return lines


def check_declared(notebook, given):
    """The parameters must be those that the cell for them assigns."""
    cell = next((c for c in notebook["cells"] if "parameters" in tags_of(c)), None)
    declared = assigned(text_of(cell)) if cell else set()
    own = {"upstream", "product"}
    missing = sorted(declared - set(given) - own)
    unexpected = sorted(set(given) - declared - own)
    told = []
    if missing:
        told.append("the task gives no %s: add to its params" % ", ".join(missing))
    if unexpected:
        told.append("the cell for parameters does not assign %s: add %s = None" % (", ".join(unexpected), unexpected[0]))
    if told:
        raise NotebookError("; ".join(told) + ADVICE)


def assigned(code):
    """The names that code assigns."""
    try:
        tree = ast.parse("\n".join(without_magics(code)))
    except SyntaxError:
        return set()  # that is told by the other check
    names = set()
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            names |= {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
    return names


def warn_unused(notebook, given):
    """Tells of parameters that no cell but those for them mentions."""
    cells = [c for c in notebook["cells"] if c["cell_type"] == "code"]
    if not any("parameters" in tags_of(c) for c in cells):
        return
    used = set()
    for cell in cells:
        if not {"parameters", "injected-parameters"} & set(tags_of(cell)):
            used |= names_in(text_of(cell))
    unused = [name for name in given if name not in used and name != "product"]
    if unused:
        warn("the notebook does not use %s" % ", ".join(unused))


def names_in(code):
    found = set()
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.NAME:
                found.add(token.string)
            elif token.type == tokenize.STRING or token.string[:1] in "%!":
                found |= set(re.findall(r"\w+", token.string))  # f-strings and magics
    except (tokenize.TokenError, SyntaxError):
        found |= set(re.findall(r"\w+", code))
    return found
