"""Clients of databases."""
import os

from ploomber.clients import Client


class Database(Client):
    """What clients of databases have in common. Each process has a connection
    of its own, which is made again after it was closed."""

    split_source = None

    def __init__(self):
        self._open = None
        self._owner = None

    @property
    def connection(self):
        if self._open is None or self._owner != os.getpid() or self._is_closed():
            self._open = self._connect()
            self._owner = os.getpid()
        return self._open

    def cursor(self):
        return self.connection.cursor()

    def execute(self, code):
        """Runs statements, and commits. If one fails, all that can be is undone."""
        connection = self.connection
        cursor = connection.cursor()
        try:
            for statement in self._statements(code):
                cursor.execute(statement)
        except BaseException:
            connection.rollback()
            raise
        finally:
            cursor.close()
        connection.commit()

    def _statements(self, code):
        if not self.split_source:
            return [code]
        return [part for part in code.split(self.split_source) if part.strip()]

    def _is_closed(self):
        """Whether somebody else has closed the connection, if that can be told."""
        return False

    def close(self):
        if self._open is not None and self._owner == os.getpid():
            self._open.close()
        self._open = None

    def __getstate__(self):
        return dict(self.__dict__, _open=None, _owner=None)


class DBAPIClient(Database):
    """A client made of a function that connects, as drivers have it, and what
    that is called with."""

    def __init__(self, connect_fn, connect_kwargs, split_source=None):
        super(DBAPIClient, self).__init__()
        self.connect_fn = connect_fn
        self.connect_kwargs = connect_kwargs
        self.split_source = split_source

    def _connect(self):
        return self.connect_fn(**self.connect_kwargs)

    def _configuration(self):
        return {"driver": getattr(self.connect_fn, "__module__", "") or "", "split_source": self.split_source}

    def __repr__(self):
        return "DBAPIClient(%s.%s)" % (getattr(self.connect_fn, "__module__", ""), getattr(self.connect_fn, "__name__", self.connect_fn))


class SQLAlchemyClient(Database):
    """A client made of a database's URI."""

    split_source_mapping = {"sqlite": ";"}

    def __init__(self, uri, split_source="default", create_engine_kwargs=None):
        super(SQLAlchemyClient, self).__init__()
        self._uri = uri
        self._create_engine_kwargs = dict(create_engine_kwargs or {})
        self._engine = None
        self._engine_owner = None
        self.flavor = str(uri).partition(":")[0].partition("+")[0]
        self.split_source = self.split_source_mapping.get(self.flavor) if split_source == "default" else split_source

    @property
    def engine(self):
        if self._engine is None or self._engine_owner != os.getpid():
            try:
                import sqlalchemy
            except ImportError:
                raise ModuleNotFoundError("SQLAlchemyClient needs SQLAlchemy: `pip install sqlalchemy`") from None
            url = sqlalchemy.engine.make_url(self._uri)
            if self.flavor == "sqlite" and url.database and url.database != ":memory:":
                os.makedirs(os.path.dirname(os.path.abspath(url.database)), exist_ok=True)
            self._engine = sqlalchemy.create_engine(url, **self._create_engine_kwargs)
            self._engine_owner = os.getpid()
        return self._engine

    def _connect(self):
        return self.engine.raw_connection()

    def _is_closed(self):
        return not self._open.is_valid

    def close(self):
        super(SQLAlchemyClient, self).close()
        if self._engine is not None and self._engine_owner == os.getpid():
            self._engine.dispose()
        self._engine = None

    def _configuration(self):
        return {"driver": self.flavor, "split_source": self.split_source}

    def __getstate__(self):
        return dict(super(SQLAlchemyClient, self).__getstate__(), _engine=None, _engine_owner=None)

    def __repr__(self):
        return "SQLAlchemyClient(%s)" % self.flavor
