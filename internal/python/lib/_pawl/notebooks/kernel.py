"""What comes behind the module pawl in the kernel of a notebook in Python, which has
both as text: messages go to the notebook as well, and why the code fails to a file."""
import os
import sys


def _print(text):
    sys.stderr.write(text)
    sys.stderr.flush()


def _reason(said):
    _tell({"failure": said}, None, None)


_offer()
if os.environ.get("PAWL_LOG_LEVEL"):
    _watch()
