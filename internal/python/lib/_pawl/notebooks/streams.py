"""What cells print: to the log of the task, and to the notebook."""
import os
import re
import sys

from _pawl import guest

MESSAGE = re.compile("\x1epawl\x1f([^\x1e]*)\x1e\n?")
BEGIN = "\x1epawl\x1f"

WARNING_OF_R = re.compile("Warning message(?: in .*?)?:\n[\u201c\"](.*)[\u201d\"]\n*\\Z", re.DOTALL)


class Streams(object):
    """Takes what the cells of one notebook print."""

    def __init__(self, language):
        self._language = language
        self._held = ""  # a message that has begun

    def take(self, name, text):
        """Prints what a cell has printed, and returns what the notebook shows of it."""
        if name != "stderr":
            write(sys.stdout, text)
            return text
        if self._language == "r" and BEGIN not in text:
            write(sys.stderr, of_r(text))
            return text
        text, self._held = self._held + text, ""
        shown, at = [], 0
        for match in MESSAGE.finditer(text):
            shown += [text[at : match.start()], guest._readable(match.group(1).split("\x1f"))]
            at = match.end()
        cut = text.find(BEGIN, at)
        if cut >= 0:
            text, self._held = text[:cut], text[cut:]
        write(sys.stderr, text)
        return "".join(shown) + text[at:]


def write(stream, text):
    stream.write(text)
    stream.flush()


def of_r(text):
    """What R has told by message() and warning() as messages with a level."""
    least = guest._LEVELS.get(os.environ.get("PAWL_LOG_LEVEL", ""))
    if least is None or not text.strip():
        return text
    warning = WARNING_OF_R.match(text)
    level = "warn" if warning else "info"
    if guest._LEVELS[level] < least:
        return ""
    return BEGIN + "\x1f".join([level, "R", warning.group(1) if warning else text.rstrip("\n"), ""]) + "\x1e\n"


def client(of, begin, language):
    """A client of a kernel as the given one, which hands on what cells print and
    remembers how far it got."""

    class Client(of):
        def execute_cell(self, cell, cell_index, *args, **keywords):
            global cell_that_runs
            cell_that_runs = cell_index
            return super(Client, self).execute_cell(cell, cell_index, *args, **keywords)

        def process_message(self, msg, cell, cell_index):
            if msg["msg_type"] == "stream":
                content = msg["content"]
                content["text"] = self._pawl_streams.take(content["name"], content["text"])
                if not content["text"]:
                    return None
            return super(Client, self).process_message(msg, cell, cell_index)

        def papermill_execute_cells(self):
            begin(self, language)
            super(Client, self).papermill_execute_cells()

    Client._pawl_streams = Streams(language)
    return Client


cell_that_runs = None
"""The cell that was begun last, counted from 0."""
