"""Signatures of functions as text."""
import ast
import io
import tokenize

from ploomber.spec import upstream_in

OPENING, CLOSING = ("(", "[", "{"), (")", "]", "}")


class Parameter(object):
    """A parameter, or a star or slash, from one place of a text to another."""

    def __init__(self, token):
        self.start, self.first, self.words = token.start, token.string, []

    def add(self, token):
        self.end = token.end
        self.words.append(token.string)

    @property
    def last(self):
        """Whether it must come after those without a default."""
        return "=" in self.words or self.first in ("*", "**")


def end(lines, number):
    """The line and the column behind the colon of the function that begins there."""
    depth = 0
    for token in tokenize.generate_tokens(iter(lines[number - 1 :]).__next__):
        depth += (token.string in OPENING) - (token.string in CLOSING) if token.type == tokenize.OP else 0
        if token.string == ":" and not depth:
            return number - 1 + token.end[0], token.end[1]


def with_upstream(head, body):
    """The lines of a signature, with or without the parameter upstream, as the
    function's body wants it. One that is no code wants nothing."""
    try:
        wanted = bool(upstream_in(ast.parse("if 1:\n" + body)))
    except SyntaxError:
        return head
    opening, found = parameters(head)
    index = next((i for i, p in enumerate(found) if p.first == "upstream"), None)
    if wanted == (index is not None):
        return head
    if index is None:
        at = next((p.start for p in found if p.last), None)
        if at:
            return insert(head, at, "upstream, ")
        return insert(head, found[-1].end, ", upstream") if found else insert(head, opening, "upstream")
    if index + 1 < len(found):
        return cut(head, found[index].start, found[index + 1].start)
    return cut(head, found[index - 1].end if index else opening, found[index].end)


def parameters(head):
    """Where the parameters of a function begin, and each of them."""
    depth, defined, opening, found, current = 0, False, None, [], None
    for token in tokenize.generate_tokens(io.StringIO(head, newline="").readline):
        if token.type in (tokenize.NL, tokenize.COMMENT):
            continue
        defined = defined or not depth and token.string == "def"
        if opening and not depth - 1 and token.string in (",", ")"):
            current = None
            if token.string == ")":
                break
            continue
        depth += (token.string in OPENING) - (token.string in CLOSING) if token.type == tokenize.OP else 0
        if defined and not opening:
            opening = token.end if token.string == "(" and depth == 1 else None
        elif opening:
            if current is None:
                current = Parameter(token)
                found.append(current)
            current.add(token)
    return opening, found


def insert(text, at, what):
    return text[: offset(text, at)] + what + text[offset(text, at) :]


def cut(text, start, end):
    return text[: offset(text, start)] + text[offset(text, end) :]


def offset(text, place):
    line, column = place
    return sum(len(line) for line in list(io.StringIO(text, newline=""))[: line - 1]) + column
