"""Tasks that work with databases, each class in its own way."""
import os

from _pawl import dotted


def run(task):
    RUNNERS[type(task).__name__](task, task._request.get("options") or {})


def run_script(task, options):
    client, code = client_of(task), str(task.source)
    with told_with(task, code):
        client.execute(code)


def run_dump(task, options):
    """Stores what a query gives, in one file or in one for each chunk."""
    client, product, code = client_of(task), only_product(task), rendered(task)
    chunksize, path = options.get("chunksize", 10000), str(product)
    handler = handler_of(options.get("io_handler"), path)
    cursor = client.connection.cursor()
    try:
        with told_with(task, code):
            cursor.execute(code)
            if chunksize:
                cursor.arraysize = chunksize
            rows = cursor.fetchmany(chunksize) if chunksize else cursor.fetchall()
            headers = [column[0] for column in cursor.description]
        files = handler(path, chunked=bool(chunksize))  # clears what was there
        while rows or not chunksize:
            files.write(rows, headers)
            if not chunksize:
                break
            with told_with(task, code):
                rows = cursor.fetchmany(chunksize)
    finally:
        cursor.close()


def handler_of(name, path):
    if name:
        return dotted.find(name)
    from ploomber.io import CSVIO, ParquetIO

    return ParquetIO if path.endswith(".parquet") else CSVIO


def rendered(task):
    """The query, with what is in [[ ]]: that may depend on what upstream tasks
    have just made. Brackets that are no placeholders are SQL's."""
    code = str(task.source)
    if "[[" not in code:
        return code
    try:
        import jinja2
        import jinja2.meta
    except ImportError:
        raise ModuleNotFoundError("the query of task %r has placeholders in [[ ]], which need Jinja2: `pip install jinja2`" % task.name) from None
    environment = jinja2.Environment(variable_start_string="[[", variable_end_string="]]", undefined=jinja2.StrictUndefined)
    environment.globals["get_key"] = get_key
    try:
        parsed = environment.parse(code)
    except jinja2.TemplateSyntaxError:
        return code  # such as ARRAY[[1, 2], [3, 4]]
    if not jinja2.meta.find_undeclared_variables(parsed):
        return code
    return environment.from_string(code).render(dict(task.params))


def get_key(path, key):
    """What a JSON or YAML file has under a key."""
    path = os.fspath(path)
    suffix = os.path.splitext(path)[1]
    with open(path, encoding="utf-8") as file:
        if suffix == ".json":
            import json

            return json.load(file)[key]
        if suffix in (".yaml", ".yml"):
            import yaml

            return yaml.safe_load(file)[key]
    raise ValueError("get_key reads .json and .yaml files, not %r" % path)


def run_transfer(task, options):
    """Copies what a query gives to another database, chunk by chunk."""
    product, code = only_product(task), str(task.source)
    source, target = engine_of(task, client_of(task)), engine_of(task, product.client, "product_client")
    import pandas

    with told_with(task, code):
        frames = pandas.read_sql_query(code, source, chunksize=options.get("chunksize", 10000))
    with target.begin() as connection:
        mode = "replace"
        for frame in [frames] if isinstance(frames, pandas.DataFrame) else frames:
            frame.to_sql(name=product.name, con=connection, schema=product.schema, if_exists=mode, index=False)
            mode = "append"


def run_upload(task, options):
    """Makes a table of a file."""
    product, path = only_product(task), str(task.source)
    engine = engine_of(task, client_of(task))
    more = dict(options.get("to_sql_kwargs") or {})
    if options.get("chunksize"):
        more.setdefault("chunksize", options["chunksize"])
    frame = reader_of(options.get("io_handler"), path)(path)
    with engine.begin() as connection:
        frame.to_sql(name=product.name, con=connection, schema=product.schema, **more)


def reader_of(name, path):
    if name:
        return dotted.find(name)
    import pandas

    known = {".csv": pandas.read_csv, ".parquet": pandas.read_parquet}
    suffix = os.path.splitext(path)[1]
    if suffix not in known:
        raise ValueError("%s is neither .csv nor .parquet: name the function that reads it, such as `io_handler: pandas.read_json`" % path)
    return known[suffix]


def run_copy(task, options):
    """Makes a table of a file, in bulk. The old one is there until it is done."""
    from _pawl import bulk

    product = only_product(task)
    bulk.copy(str(task.source), options.get("columns"), product, engine_of(task, client_of(task)))


RUNNERS = {
    "SQLScript": run_script,
    "SQLDump": run_dump,
    "SQLTransfer": run_transfer,
    "SQLUpload": run_upload,
    "PostgresCopyFrom": run_copy,
}


def client_of(task):
    if task.client is None:
        raise missing_client("task %r" % task.name, "client", type(task).__name__)
    return task.client


def only_product(task):
    if hasattr(task.product, "missing"):
        raise ValueError("task %r has several products, and a %s makes one" % (task.name, type(task).__name__))
    return task.product


def engine_of(task, client, key="client"):
    if client is None:
        raise missing_client("the product of task %r" % task.name, key, type(task.product).__name__)
    engine = getattr(client, "engine", None)
    if engine is None:
        raise TypeError("the `%s` of task %r must be a SQLAlchemyClient, not %r" % (key, task.name, client))
    return engine


def missing_client(whose, key, name):
    from ploomber.exceptions import MissingClientError

    return MissingClientError("%s has no client: set `%s`, or `clients: {%s: ...}`" % (whose, key, name))


class told_with(object):
    """Tells errors of a database with the SQL that was run."""

    def __init__(self, task, code):
        self.task = task
        self.code = code

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if isinstance(error, Exception):
            from ploomber.exceptions import SQLTaskBuildError

            raise SQLTaskBuildError(type(self.task), self.code, error) from error
