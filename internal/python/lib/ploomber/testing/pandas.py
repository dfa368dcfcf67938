"""Checks of files with tables: a product or path that ends in .csv or .parquet."""
import os


def load_product(product):
    import pandas

    path = os.fspath(product)
    if path.endswith(".csv"):
        return pandas.read_csv(path)
    if path.endswith(".parquet"):
        return pandas.read_parquet(path)
    raise ValueError("%s is checked if it ends in .csv or .parquet" % path)


def nulls_in_columns(cols, product):
    """Whether a column, or one of several, holds a null."""
    return bool(load_product(product)[_several(cols)].isna().values.any())


def no_nulls_in_columns(cols, product):
    return not nulls_in_columns(cols, product)


def distinct_values_in_column(col, product):
    """The set of a column's values."""
    return set(load_product(product)[col].unique())


def duplicates_in_column(col, product):
    """Whether a value, or a combination of several columns, is there twice."""
    return bool(load_product(product)[_several(col)].duplicated().any())


def no_duplicates_in_column(col, product):
    return not duplicates_in_column(col, product)


def range_in_column(col, product):
    """The least and the greatest value of a column."""
    column = load_product(product)[col]
    return column.min(), column.max()


def _several(cols):
    return [cols] if isinstance(cols, str) else list(cols)
