from pathlib import Path

from ploomber.clients import SQLAlchemyClient


def client():
    return SQLAlchemyClient("sqlite:///db.sqlite")


def fn(product, k):
    Path(str(product)).write_text(str(k))
