"""Where code of a notebook has failed: the calls of the user's own, and the last place
in them."""
import os
import re

from _pawl import paths
from _pawl.notebooks import text_of

FILE = re.compile(r"(?:File )?(?P<path>[^\n]+?\.py)(?::(?P<line>\d+))?(?:,)? in ")
CELL = re.compile(r"\s*(?:Cell In ?|Input In ?|<ipython-input-)\[?(?P<count>\d+)")
LINE = re.compile(r"(?:, line |In \[\d+\], line )(\d+)|^-+> ?(\d+)", re.MULTILINE)
OF_R = re.compile(r"\A\s*\d+\. (?P<call>.*?)(?:\s+# at line (?P<line>\d+)(?:-\d+)? of file (?P<file>.*))?\Z", re.DOTALL)


class Cells(object):
    """The code of a notebook that was executed."""

    def __init__(self, notebook, places, source):
        self._texts = [text_of(c) if c["cell_type"] == "code" else "" for c in notebook["cells"]]
        self._places = places
        self._source = source

    def count(self, cell):
        """The number that Jupyter shows of a cell."""
        return sum(1 for text in self._texts[: cell + 1] if text.strip())

    def of_count(self, count):
        executed = [i for i, text in enumerate(self._texts) if text.strip()]
        return executed[count - 1] if 0 < count <= len(executed) else None

    def place(self, cell, line):
        """File and line, and how people are told of them."""
        of = self._places.line(cell, line) if line else None
        if of:
            return self._source, of, ", %s:%d" % (os.path.basename(self._source), of)
        return self._source, None, ", line %d" % line if line else ""

    def with_call(self, call, line, last):
        """The cell, up to the last that ran, that has a call of R in a line."""
        call = bare(call.partition("\n")[0])
        for cell in range(last, -1, -1):
            lines = self._texts[cell].split("\n")
            if 0 < line <= len(lines) and call in bare(lines[line - 1]):
                return cell
        return None

    def line_of(self, call, cell):
        """The only line of a cell that has a call; None where that can't be told."""
        call = bare(call.partition("\n")[0])
        found = [n for n, line in enumerate(self._texts[cell].split("\n"), 1) if call in bare(line)]
        return found[0] if len(found) == 1 else None


def bare(code):
    """Code without what R writes in another way than people."""
    return re.sub(r"\s+", "", code).replace("'", '"')


def of_python(frames, cells, cell):
    """The traceback of IPython without calls of libraries, and the last place."""
    kept, place, inside = [], None, None
    for frame in frames:
        file, at = FILE.match(frame), CELL.match(frame)
        if file and not at:
            path = os.path.expanduser(file.group("path"))
            if path.startswith(paths.LIBRARY) or paths.is_installed(path) or paths.is_installed(os.path.realpath(path)) or path.startswith("<frozen"):
                continue
            line = file.group("line") or line_in(frame)
            place = os.path.abspath(path), int(line or 0) or None
        elif at:
            index = cells.of_count(int(at.group("count")))
            line = line_in(frame)
            if index is not None and line:
                place = cells.place(index, int(line))[:2]
                if index == cell:
                    inside = int(line)
        kept.append(frame)
    return "\n".join(kept), inside, place or cells.place(cell, inside)[:2]


def line_in(frame):
    found = LINE.search(frame)
    return found and (found.group(1) or found.group(2))


def of_r(frames, cells, cell):
    """As of_python, with places in the source."""
    kept, place, inside = [], None, None
    for frame in frames:
        if kept and re.search(r"(?:\A|: )\s*pawl\$\w+\(", kept[-1]):
            break  # what comes is ours
        call = OF_R.match(frame)
        if not call:
            told = re.search(r"<text>:(\d+):", frame)  # it can't be parsed
            if told:
                inside = int(told.group(1))
            kept.append(frame.replace("Traceback:\n", "Calls:") if len(frames) > 1 else frame.replace("Traceback:\n", ""))
            continue
        text = call.group("call")
        line = int(call.group("line") or 0)
        of = cell
        if not line and len(kept) == 1:
            line = cells.line_of(text, cell)
            inside = line
        elif call.group("file") in (None, "<text>"):
            of = cells.with_call(text, line, cell) if line else None
        if of is None or not line:
            kept.append("  " + text)
            continue
        file, at, told = cells.place(of, line)
        place = file, at
        kept.append("  cell [%d]%s: %s" % (cells.count(of), told, text))
    return "\n".join(kept).strip("\n"), inside, place or cells.place(cell, inside)[:2]
