"""What is imported before tasks that run notebooks are forked, as far as it is
there: it takes longer than all else that pawl does for such a task."""
import contextlib

from _pawl.notebooks import lightly

with lightly():
    for name in ("papermill", "jupyter_client.provisioning", "pyflakes.checker"):
        with contextlib.suppress(ImportError):
            __import__(name)
