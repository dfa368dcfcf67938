"""Checks of relations, by a client."""


def nulls_in_columns(client, cols, product):
    """Whether a column, or one of several, holds a null."""
    condition = " OR ".join("%s IS NULL" % c for c in _several(cols))
    return exists_row_where(client, condition, product)


def distinct_values_in_column(client, col, product):
    """The set of a column's values."""
    return {row[0] for row in _rows(client, "SELECT DISTINCT %s FROM %s" % (col, product))}


def range_in_column(client, col, product):
    """The least and the greatest value of a column."""
    return tuple(_rows(client, "SELECT MIN(%s), MAX(%s) FROM %s" % (col, col, product))[0])


def exists_row_where(client, criteria, product):
    """Whether a row meets a condition."""
    return bool(_rows(client, "SELECT CASE WHEN EXISTS (SELECT 1 FROM %s WHERE %s) THEN 1 ELSE 0 END" % (product, criteria))[0][0])


def duplicates_in_column(client, col, product):
    """Whether a value, or a combination of several columns, is there twice."""
    return bool(_rows(client, _repeated(col, product) + " LIMIT 1"))


def duplicates_stats(client, col, product):
    """The number of rows, of distinct values and of rows too many."""
    columns = ", ".join(_several(col))
    total = _rows(client, "SELECT COUNT(*) FROM %s" % product)[0][0]
    distinct = _rows(client, "SELECT COUNT(*) FROM (SELECT DISTINCT %s FROM %s) AS d" % (columns, product))[0][0]
    return total, distinct, total - distinct


def assert_no_duplicates_in_column(client, col, product, stats=False):
    """Raises AssertionError with a few of the rows where there are duplicates."""
    if not duplicates_in_column(client, col, product):
        return
    columns = _several(col)
    names, rows = _table(client, "SELECT %s, COUNT(*) - 1 AS n_duplicates FROM %s GROUP BY %s HAVING COUNT(*) > 1 LIMIT 10" % (", ".join(columns), product, ", ".join(columns)))
    match = " AND ".join("t.%s = d.%s" % (c, c) for c in columns)
    more = _table(client, "SELECT t.* FROM %s AS t JOIN (%s) AS d ON %s LIMIT 10" % (product, _repeated(col, product), match))
    told = ["there are duplicates in %s" % ", ".join(columns), _shown(names, rows), _shown(*more)]
    if stats:
        told.append("rows: %d\ndistinct values: %d\nduplicates: %d" % duplicates_stats(client, col, product))
    raise AssertionError("\n\n".join(told))


def _repeated(col, product):
    columns = ", ".join(_several(col))
    return "SELECT %s FROM %s GROUP BY %s HAVING COUNT(*) > 1" % (columns, product, columns)


def _several(cols):
    return [cols] if isinstance(cols, str) else list(cols)


def _rows(client, query):
    return _table(client, query)[1]


def _table(client, query):
    cursor = client.connection.cursor()
    cursor.execute(query)
    names, rows = [d[0] for d in cursor.description], cursor.fetchall()
    cursor.close()
    return names, rows


def _shown(names, rows):
    from ploomber.table import Table

    return str(Table((dict(zip(names, row)) for row in rows), names))
