"""Tasks whose source is no function. pawl runs them; here they say what they are."""
from ploomber.sources import TextSource
from ploomber.tasks import Source, Task


class Declared(Task):
    """A task with a source and options of its class."""

    _options = ()
    """The names of what its class takes besides."""

    def _make(self, source, product, dag, name, params, client=None, **options):
        self.source = TextSource(source, options.get("ext_in"))
        self._extras = {key: value for key, value in options.items() if value is not None}
        super(Declared, self).__init__(product, dag, name, params)
        self._client = client

    def __getattr__(self, name):
        extras = self.__dict__.get("_extras")
        if extras is None or name not in type(self)._options:
            raise AttributeError("%s has no attribute %r" % (type(self).__name__, name))
        return extras.get(name)

    def __setattr__(self, name, value):
        if name in type(self)._options:
            self._extras[name] = value
        else:
            super(Declared, self).__setattr__(name, value)


class ShellScript(Declared):
    """A shell script with placeholders."""

    def __init__(self, source, product, dag, name=None, client=None, params=None):
        self._make(source, product, dag, name, params, client)


class SQLScript(Declared):
    """SQL that makes relations."""

    def __init__(self, source, product, dag, name=None, client=None, params=None):
        self._make(source, product, dag, name, params, client)


class SQLDump(Declared):
    """A query whose result goes to files."""

    _options = ("chunksize", "io_handler")

    def __init__(self, source, product, dag, name=None, client=None, params=None, chunksize=10000, io_handler=None):
        self._make(source, product, dag, name, params, client, io_handler=io_handler)
        self._extras["chunksize"] = chunksize


class SQLTransfer(Declared):
    """A query whose result goes to another database."""

    _options = ("chunksize",)

    def __init__(self, source, product, dag, name=None, client=None, params=None, chunksize=10000):
        self._make(source, product, dag, name, params, client)
        self._extras["chunksize"] = chunksize


class SQLUpload(Declared):
    """A file that goes to a database."""

    _options = ("chunksize", "io_handler", "to_sql_kwargs")

    def __init__(self, source, product, dag, name=None, client=None, params=None, chunksize=None, io_handler=None, to_sql_kwargs=None):
        self._make(str(source), product, dag, name, params, client, chunksize=chunksize, io_handler=io_handler, to_sql_kwargs=to_sql_kwargs)


class PostgresCopyFrom(Declared):
    """A file that goes to PostgreSQL in bulk."""

    _options = ("columns",)

    def __init__(self, source, product, dag, name=None, client=None, params=None, columns=None):
        self._make(str(source), product, dag, name, params, client, columns=columns)


class NotebookRunner(Declared):
    """A notebook."""

    _options = (
        "executor", "executor_params", "papermill_params", "kernelspec_name", "nbconvert_exporter_name", "ext_in", "nb_product_key",
        "static_analysis", "nbconvert_export_kwargs", "local_execution", "check_if_kernel_installed", "debug_mode",
    )  # fmt: skip

    def __init__(
        self, source, product, dag, name=None, params=None, executor="papermill", executor_params=None, papermill_params=None,
        kernelspec_name=None, nbconvert_exporter_name=None, ext_in=None, nb_product_key="nb", static_analysis="regular",
        nbconvert_export_kwargs=None, local_execution=False, check_if_kernel_installed=True, debug_mode=None,
    ):  # fmt: skip
        self._make(
            source, product, dag, name, params, executor=executor, executor_params=executor_params, papermill_params=papermill_params,
            kernelspec_name=kernelspec_name, nbconvert_exporter_name=nbconvert_exporter_name, ext_in=ext_in, nb_product_key=nb_product_key,
            static_analysis=static_analysis, nbconvert_export_kwargs=nbconvert_export_kwargs, local_execution=local_execution,
            check_if_kernel_installed=check_if_kernel_installed, debug_mode=debug_mode,
        )  # fmt: skip


class ScriptRunner(Declared):
    """A script."""

    _options = ("ext_in", "static_analysis", "local_execution")

    def __init__(self, source, product, dag, name=None, params=None, ext_in=None, static_analysis="regular", local_execution=False):
        self._make(source, product, dag, name, params, ext_in=ext_in, static_analysis=static_analysis, local_execution=local_execution)


class DownloadFromURL(Declared):
    """A file from the web."""

    def __init__(self, source, product, dag, name=None, params=None):
        self._make(str(source), product, dag, name, params)


class UploadToS3(Declared):
    """A file that goes to a bucket."""

    _options = ("bucket", "client_kwargs", "upload_file_kwargs")

    def __init__(self, source, product, dag, bucket, name=None, params=None, client_kwargs=None, upload_file_kwargs=None):
        self._make(str(source), product, dag, name, params, bucket=bucket, client_kwargs=client_kwargs, upload_file_kwargs=upload_file_kwargs)


class There(Task):
    """A product that others make, which is there already."""

    source = Source("EmptySource")

    def __init__(self, product, dag, name):
        super(There, self).__init__(product, dag, name)
        if not self.product.exists():
            raise RuntimeError("a %s is for products that are there already, and %r is not" % (type(self).__name__, self.product))

    def set_upstream(self, other, group_name=None):
        raise RuntimeError("a %s comes after no task" % type(self).__name__)


class Link(There):
    """A product that is there already, and counts as up to date."""


class Input(There):
    """A product that others change at any time: what needs it is always outdated."""
