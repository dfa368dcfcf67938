"""The first steps."""

from functools import wraps
from pathlib import Path


def traced(function):
    @wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


def get(product, rows, ratio, name, flag, nothing, octal, exponent, tags, nested, since, at,
        number_in_quotes, list_in_quotes, null_in_quotes, quoted_quotes, leading_zero):
    """Get the data.

    More of it.
    """
    Path(product).write_text("a\n")


@traced
def clean(
    product,
    upstream,
):
    # comes after get
    text = Path(upstream["get"]).read_text()
    for path in product:
        Path(path).write_text(text)
    # the end
