"""Copies a file into PostgreSQL in bulk."""
import io

ROWS = 10000
"""How many are sent at a time."""


def copy(path, columns, product, engine):
    """Makes a table of a Parquet file, or of some of its columns. It replaces an
    old one in the transaction that fills it."""
    import pandas

    frame = pandas.read_parquet(path, columns=columns)
    with engine.begin() as connection:
        frame.head(0).to_sql(name=product.name, con=connection, schema=product.schema, if_exists="replace", index=False)
        cursor = connection.connection.cursor()
        send = sender(cursor)
        names = ", ".join(map(quoted, frame.columns))
        into = quoted(product.name) if product.schema is None else "%s.%s" % (quoted(product.schema), quoted(product.name))
        for start in range(0, len(frame), ROWS):
            rows = text(frame.iloc[start : start + ROWS])
            send("COPY %s (%s) FROM STDIN" % (into, names), rows)
        cursor.close()


def sender(cursor):
    """How a driver sends rows."""
    if hasattr(cursor, "copy_expert"):  # psycopg2
        return lambda statement, rows: cursor.copy_expert(statement, io.StringIO(rows))
    if not hasattr(cursor, "copy"):
        raise TypeError("PostgresCopyFrom needs psycopg2 or psycopg: write postgresql+psycopg2:// into the client's URI")

    def send(statement, rows):
        with cursor.copy(statement) as copy:
            copy.write(rows)

    return send


def quoted(name):
    """A name as pandas has given it to the table."""
    return '"%s"' % str(name).replace('"', '""')


def text(frame):
    """Rows as COPY reads them: tabs between fields, and \\N for none."""
    columns = [fields(frame[name]) for name in frame.columns]
    return "".join("\t".join(row) + "\n" for row in zip(*columns))


def fields(column):
    absent = column.isna()
    return ["\\N" if none else str(value).translate(ESCAPES) for value, none in zip(column, absent)]


ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
