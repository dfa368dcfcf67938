"""Files that rows of a query go to: one, or a folder with one for each chunk."""
import os


class FileIO(object):
    """Writes rows to a path, which is cleared first."""

    extension = None

    def __init__(self, path, chunked):
        self.path = os.fspath(path)
        self.chunked = chunked
        self.i = 0
        clear(self.path)
        os.makedirs(self.path if chunked else os.path.dirname(os.path.abspath(self.path)), exist_ok=True)

    def write(self, data, headers):
        """Writes rows: those of the next chunk, or all."""
        path = os.path.join(self.path, "%d.%s" % (self.i, self.extension)) if self.chunked else self.path
        self.write_in_path(path, data, headers)
        self.i += 1

    @classmethod
    def write_in_path(cls, path, data, headers):
        raise TypeError("%s does not say how rows are written" % cls.__name__)


class CSVIO(FileIO):
    """Writes CSV: all fields quoted, lines that end as on Unix."""

    extension = "csv"

    @classmethod
    def write_in_path(cls, path, data, headers):
        import csv

        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, dialect=csv.unix_dialect)
            writer.writerow(headers)
            writer.writerows(data)


class ParquetIO(FileIO):
    """Writes Parquet. The types of a chunk are those of its own values."""

    extension = "parquet"

    @classmethod
    def write_in_path(cls, path, data, headers):
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError:
            raise ModuleNotFoundError("%s needs pyarrow: `pip install pyarrow`" % path) from None
        columns = list(zip(*data)) if len(data) else [()] * len(headers)
        table = pyarrow.Table.from_arrays([pyarrow.array(list(column)) for column in columns], names=headers)
        pyarrow.parquet.write_table(table, path)


def clear(path):
    if os.path.isdir(path) and not os.path.islink(path):
        import shutil

        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.remove(path)
