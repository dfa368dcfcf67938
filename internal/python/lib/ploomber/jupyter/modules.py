"""Functions in the text of their modules: as cells of notebooks, and back.

Nothing here knows Jupyter, files or pipelines."""
import ast
import difflib
import io
import re
import tokenize
import warnings

from ploomber.jupyter import signatures


class Broken(Exception):
    """A text that is no module, or has no such function; the message says why."""


class Chunk(object):
    """A statement of a function's body, with the comments above it."""

    def __init__(self, raw, indentation):
        self.raw = raw
        lines = split(raw)
        self.blank = ""
        while lines and not lines[0].strip():
            self.blank += lines.pop(0)
        self.shown = dedented("".join(lines), indentation)


class Function(object):
    """A function that a module has at its top level."""

    def __init__(self, text, name):
        self._text, self._name, self._lines = text, name, split(text)
        self._newline = "\r\n" if self._lines and self._lines[0].endswith("\r\n") else "\n"
        tree = parsed(text)
        self._find_imports(tree.body)
        self._find_body(defined(tree, name))

    def _find_imports(self, body):
        """Finds the lines with the imports at the top."""
        first = end = 1 if body and is_text(body[0]) else 0
        while end < len(body) and is_import(body[end]):
            end += 1
        while first < end < len(body) and body[end].lineno == body[end - 1].end_lineno:
            end -= 1  # what stands in one line with other code stays there
        self._others = body[:first] + body[end:]
        self._below_text = body[0].end_lineno if first else 0
        self._block = (body[first].lineno - 1, body[end - 1].end_lineno) if end > first else None

    def _find_body(self, node):
        """Finds the lines of the signature and those of each statement."""
        self._parameters = {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
        self._start = begin(node) - 1
        self._row, self._column = signatures.end(self._lines, node.lineno)
        self._one_line = begin(node.body[0]) == self._row
        first = self._lines[begin(node.body[0]) - 1]
        self._indentation = "    " if self._one_line else first[: len(first) - len(first.lstrip())]
        self._end = self._with_comments(node.end_lineno)
        if self._one_line:
            self._chunks = [Chunk("".join(self._lines[self._row - 1 : self._end])[self._column :].lstrip(), "")]
            return
        ends = [a.end_lineno for a, b in zip(node.body, node.body[1:]) if begin(b) > a.end_lineno] + [self._end]
        self._chunks = [Chunk("".join(self._lines[a:b]), self._indentation) for a, b in zip([self._row] + ends, ends)]

    def _with_comments(self, end):
        """The last line of the body, with comments below its last statement."""
        for number in range(end, len(self._lines)):
            line = self._lines[number]
            if line.strip() and not line.startswith(self._indentation + "#"):
                break
            if line.strip():
                end = number + 1
        return end

    @property
    def cells(self):
        """The code of each statement."""
        return [chunk.shown for chunk in self._chunks]

    @property
    def imports(self):
        """The imports at the top of the module, and what stands between them."""
        return plain("".join(self._lines[slice(*self._block)])) if self._block else ""

    @property
    def names(self):
        """What else the module defines, but for names of the function's parameters."""
        return [name for name in bound(self._others) if name != self._name and name not in self._parameters]

    def changed(self, cells, imports):
        """The text of the module with these cells in the function, and with these
        imports (None leaves them). Whatever is the same stays byte for byte."""
        text = self._with_cells([plain(cell) for cell in cells])
        if imports is not None and plain(imports).strip() != self.imports.strip():
            text = self._with_imports(text, plain(imports))
        if text != self._text and outline(parsed(text).body) != outline(self._others):
            raise Broken("the cells reach beyond the function %s" % self._name)
        return text

    def _with_cells(self, cells):
        while cells and not cells[-1].strip():
            cells.pop()
        if cells == self.cells:
            return self._text
        body = "".join(self._merged(cells))
        head = "".join(self._lines[self._start : self._row])
        if self._one_line:
            head = head[: len(head) - len(self._lines[self._row - 1]) + self._column] + self._newline
        text = "".join(self._lines[: self._start]) + signatures.with_upstream(head, body) + body + "".join(self._lines[self._end :])
        return text if self._text.endswith("\n") or self._end < len(self._lines) else text[: -len(self._newline)]

    def _merged(self, cells):
        """The lines of each cell: those that were there, or new ones."""
        for kind, a, b, c, d in difflib.SequenceMatcher(None, self.cells, cells, autojunk=False).get_opcodes():
            for i, cell in enumerate(cells[c:d]):
                old = self._chunks[a + i] if a + i < b else None
                if kind == "equal" and not self._one_line:
                    yield old.raw if old.raw.endswith("\n") else old.raw + self._newline
                else:
                    yield (old.blank if old else "") + self._indented(cell)

    def _indented(self, code):
        inside = inside_texts(code)
        lines = [line if number in inside or not line.strip() else self._indentation + line for number, line in enumerate(split(code), 1)]
        return "".join(lines).replace("\n", self._newline) + self._newline

    def _with_imports(self, text, imports):
        """The imports stand above the function: their lines are where they were."""
        lines = split(text)
        imports = imports.replace("\n", self._newline) + self._newline if imports.strip() else ""
        if self._block:
            start, end = self._block
            return "".join(lines[:start]) + imports + "".join(lines[end:])
        at = self._below_text
        while at < 2 and at < len(lines) and re.match(r"#!|#.*coding[:=]", lines[at]):
            at += 1
        above = self._newline if at else ""
        below = "" if at < len(lines) and not lines[at].strip() else self._newline * 2
        return "".join(lines[:at]) + above + imports + below + "".join(lines[at:])


def parsed(text):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "module", "exec", dont_inherit=True)
            return ast.parse(text)
    except (SyntaxError, ValueError) as error:
        line = (getattr(error, "text", None) or "").strip()
        raise Broken("%s%s" % (getattr(error, "msg", None) or error, ": " + line if line else "")) from None


def defined(tree, name):
    """The definition that counts: the last one of the name."""
    found = [n for n in tree.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)) and n.name == name]
    if not found:
        raise Broken("there is no function %s at its top level" % name)
    return found[-1]


def begin(node):
    """The first line of a statement."""
    return min([node.lineno] + [d.lineno for d in getattr(node, "decorator_list", ())])


def is_text(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def is_import(node):
    return isinstance(node, (ast.Import, ast.ImportFrom))


def outline(statements):
    """What there is at the top level, besides imports."""
    return [(type(n).__name__, getattr(n, "name", None)) for n in statements if not is_import(n)]


def bound(statements):
    """The names that simple statements give something, each once."""
    names = {}
    for node in statements:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names[node.name] = None
        elif is_import(node):
            names.update((a.asname or a.name.partition(".")[0], None) for a in node.names if a.name != "*")
        elif isinstance(node, ast.Assign) or isinstance(node, ast.AnnAssign) and node.value:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names.update((n.id, None) for t in targets for n in ast.walk(t) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    return list(names)


def split(text):
    """The lines of a text as Python counts them, with what ends them."""
    return list(io.StringIO(text, newline=""))


def plain(text):
    """The text of a cell: \\n between lines, and none at the end."""
    return text.replace("\r\n", "\n").rstrip("\n")


def dedented(code, indentation):
    code = plain(code)
    inside = inside_texts(code, indentation)
    return "".join(line if number in inside else without(line, indentation) for number, line in enumerate(split(code), 1))


def without(line, indentation):
    if line.startswith(indentation):
        return line[len(indentation) :]
    return line.lstrip(" \t")


def inside_texts(code, indentation=""):
    """The numbers of the lines that begin inside of a text of several lines."""
    numbers, open_at = set(), []
    try:
        for token in tokenize.generate_tokens(io.StringIO(("if 1:\n" if indentation else "") + code + "\n").readline):
            name, first, last = tokenize.tok_name[token.type], token.start[0], token.end[0]
            if name.endswith("STRING_START"):
                open_at.append(first)
            elif name.endswith("STRING_END"):
                numbers.update(range(open_at.pop() + 1, last + 1))
            elif name == "STRING":
                numbers.update(range(first + 1, last + 1))
    except (tokenize.TokenError, SyntaxError):
        pass  # it is no code, which is told when it is to become a module
    return {number - 1 for number in numbers} if indentation else numbers
