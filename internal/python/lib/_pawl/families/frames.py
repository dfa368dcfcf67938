"""What is imported before tasks that copy tables are forked, as far as it is
there: it takes longer than most of them."""
import contextlib

for name in ("pandas", "sqlalchemy"):
    with contextlib.suppress(ImportError):
        __import__(name)
