"""Products in databases, and the table that tells of them."""
import contextlib

from ploomber.products import Product

LONGEST = 63
"""How many characters PostgreSQL tells names by."""


class Relation(Product):
    """A table or view: (schema, name, kind) or (name, kind)."""

    def __init__(self, identifier, client=None):
        parts = [identifier] if isinstance(identifier, str) else list(identifier)
        if len(parts) not in (2, 3):
            raise ValueError('%s is made of (schema, name, kind) or (name, kind), such as ["public", "clean", "table"], not of %r' % (type(self).__name__, identifier))
        self._schema, self._name, self._kind = (parts if len(parts) == 3 else [None] + parts)
        self._schema = str(self._schema) if self._schema else None
        if self._kind not in ("table", "view"):
            raise ValueError('the kind of %s is "table" or "view", not %r' % (type(self).__name__, self._kind))
        if len(self.name) > LONGEST:
            raise ValueError("the name %r has %d characters, and that of a relation %d at most" % (self.name, len(self.name), LONGEST))
        super(Relation, self).__init__(identifier, client)

    @property
    def schema(self):
        return self._schema

    @property
    def name(self):
        return str(self._name)

    @property
    def kind(self):
        return self._kind

    def _key(self):
        return Relation, self.schema, self.name, self.kind

    def __str__(self):
        return self.name if self.schema is None else "%s.%s" % (self.schema, self.name)

    def _shown(self):
        return (self.name, self.kind) if self.schema is None else (self.schema, self.name, self.kind)


class SQLRelation(Relation):
    """A relation of which nothing is known: it counts as there, and as never built."""

    def __init__(self, identifier):
        super(SQLRelation, self).__init__(identifier)

    def exists(self):
        return True

    def delete(self, force=False):
        pass


class _Reached(object):
    """What is reached through the product's client."""

    @contextlib.contextmanager
    def _cursor(self):
        """A cursor. What it did is committed, or undone if something fails, so
        that others can go on with the connection."""
        if self.client is None:
            from ploomber.exceptions import MissingClientError

            raise MissingClientError("the product %s has no client: set `product_client`, or `clients: {%s: ...}`" % (self, type(self).__name__))
        connection = self.client.connection
        cursor = connection.cursor()
        try:
            yield cursor
        except BaseException:
            connection.rollback()
            raise
        finally:
            cursor.close()
        connection.commit()


class _Table(_Reached):
    """Metadata in the table _metadata of a SQLite database."""

    def _place(self):
        return getattr(self, "schema", None), self.name

    def fetch_metadata(self):
        import json

        with self._cursor() as cursor:
            cursor.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_metadata'")
            if cursor.fetchone() is None:
                return None
            # Ploomber leaves old rows behind: the newest counts
            cursor.execute("SELECT metadata FROM _metadata WHERE schema IS ? AND name = ? ORDER BY rowid DESC LIMIT 1", self._place())
            row = cursor.fetchone()
        return json.loads(row[0] if isinstance(row[0], str) else bytes(row[0]).decode("utf-8")) if row else None

    def save_metadata(self, metadata):
        import json

        with self._cursor() as cursor:
            self._clear(cursor)
            cursor.execute("INSERT INTO _metadata (schema, name, metadata) VALUES (?, ?, ?)", self._place() + (json.dumps(metadata).encode("utf-8"),))

    def _clear(self, cursor):
        cursor.execute("CREATE TABLE IF NOT EXISTS _metadata (name TEXT NOT NULL, schema TEXT, metadata BLOB, UNIQUE (schema, name))")
        cursor.execute("DELETE FROM _metadata WHERE schema IS ? AND name = ?", self._place())

    def _forget(self):
        with self._cursor() as cursor:
            self._clear(cursor)


class SQLiteRelation(_Table, Relation):
    """A relation in the SQLite database that holds its metadata too."""

    def exists(self):
        master = "sqlite_master" if self.schema is None else "%s.sqlite_master" % quoted(self.schema)
        with self._cursor() as cursor:
            cursor.execute("SELECT 1 FROM %s WHERE type = ? AND name = ?" % master, (self.kind, self.name))
            return cursor.fetchone() is not None

    def delete(self, force=False):
        with self._cursor() as cursor:
            cursor.execute("DROP %s IF EXISTS %s" % (self.kind, self))


class GenericProduct(_Table, Product):
    """Something elsewhere, of which only the metadata is known: it exists if
    there is any."""

    @property
    def name(self):
        return str(self)

    def exists(self):
        return self.fetch_metadata() is not None

    def delete(self, force=False):
        self._forget()


class GenericSQLRelation(_Table, Relation):
    """A relation whose metadata is in a SQLite database elsewhere."""

    def exists(self):
        return self.fetch_metadata() is not None

    def delete(self, force=False):
        self._forget()


class PostgresRelation(_Reached, Relation):
    """A relation of PostgreSQL, with its metadata in its comment."""

    def _find(self, wanted):
        """Selects something of the relation; None where there is none."""
        kinds = "('v', 'm')" if self.kind == "view" else "('r', 'p', 'f')"
        with self._cursor() as cursor:
            cursor.execute(
                "SELECT %s FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
                "WHERE c.relname = %%s AND n.nspname = COALESCE(%%s, current_schema()) AND c.relkind IN %s" % (wanted, kinds),
                (self.name, self.schema),
            )
            return cursor.fetchone()

    def exists(self):
        return self._find("1") is not None

    def delete(self, force=False):
        with self._cursor() as cursor:
            cursor.execute("DROP %s IF EXISTS %s%s" % (self.kind, self, " CASCADE" if force else ""))

    def fetch_metadata(self):
        import base64
        import json

        row = self._find("pg_catalog.obj_description(c.oid, 'pg_class')")
        if not row or not row[0]:
            return None
        try:
            return json.loads(base64.b64decode(row[0]).decode("utf-8"))
        except ValueError:
            return None  # a comment of somebody else

    def save_metadata(self, metadata):
        import base64
        import json

        text = base64.encodebytes(json.dumps(metadata).encode("utf-8")).decode("ascii")
        with self._cursor() as cursor:
            cursor.execute("COMMENT ON %s %s IS '%s'" % (self.kind, self, text))


def quoted(name):
    return '"%s"' % name.replace('"', '""')
