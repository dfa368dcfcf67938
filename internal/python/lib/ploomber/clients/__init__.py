"""Clients: connections to databases and shells, and where products are backed up."""

_PLACES = {
    "DBAPIClient": "ploomber.clients.db",
    "SQLAlchemyClient": "ploomber.clients.db",
    "ShellClient": "ploomber.clients.shell",
    "RemoteShellClient": "ploomber.clients.shell",
    "LocalStorageClient": "ploomber.clients.storage",
    "S3Client": "ploomber.clients.storage",
    "GCloudStorageClient": "ploomber.clients.storage",
}

__all__ = ["Client"] + list(_PLACES)


def __getattr__(name):
    if name not in _PLACES:
        raise AttributeError("module 'ploomber.clients' has no attribute %r" % name)
    return getattr(__import__(_PLACES[name], fromlist=[name]), name)


class Client(object):
    """Something that is connected to when it is first used, and closed once."""

    def close(self):
        pass

    def _configuration(self):
        """What pawl may know of the client, in terms of JSON."""
        return {}

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()
