"""Where the code of a notebook is in its source."""


class Places(object):
    """Knows the source of each cell: the line where it begins, if that is a text, and
    which cell it is. Cells are counted from 0, and lines in them from 1."""

    def __init__(self, known):
        known = known or {}
        self._lines = known.get("lines") or []
        self._numbers = known.get("numbers") or []

    def line(self, cell, line):
        """The line of the source, or None."""
        begin = self._lines[cell] if cell < len(self._lines) else 0
        return begin + line - 1 if begin else None

    def told(self, cell, line):
        """The place for people."""
        of = self.line(cell, line)
        if of:
            return "line %d" % of
        number = self._numbers[cell] if cell < len(self._numbers) else cell + 1
        return "cell %d, line %d" % (number, line) if number else "line %d of the parameters" % line
