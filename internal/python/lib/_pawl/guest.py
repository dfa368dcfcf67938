"""What code of tasks says to pawl: messages with a level, and why it fails.

It is the whole of the module pawl for tasks of pipelines, and a part of it for others,
whose runner has it as text.
"""
import os
import sys


class Failure(Exception):
    """The task has failed for a reason that has a name."""


class Retry(Exception):
    """The task has failed and is to be tried again."""


def fail(label, description="", metadata=None):
    """Fails the task, and says why: with a label for programs, such as
    "out_of_stock", a description for people, and whatever JSON has as metadata."""
    label, description = str(label), str(description)
    said, text = {"label": label, "description": description}, "%s: %s" % (label, description) if description else label
    if metadata is not None:
        try:
            json = __import__("json")
            said["metadata"] = json.loads(json.dumps(metadata, allow_nan=False))
        except Exception as problem:
            text += " (its metadata is left out, for it is no JSON: %s)" % problem
    error = Failure(text)
    error._pawl = said
    if _reason is not None:
        _reason(said)
    raise error


def retry(after, most, message="the task asks to be tried again"):
    """Fails the task, and has it tried again after so many seconds, instead of what
    its policy says, unless it was tried again so often already."""
    error = Retry(message)
    again = {"after": float(after), "most": int(most)}
    error._pawl = {"again": again}
    if _reason is not None:
        _reason({"message": message, "retry": again})
    raise error


_reason = None  # is told why the task fails, where nobody sees the exception itself


_LEVELS = {"debug": 10, "info": 20, "warn": 30, "error": 40}
_RESERVED = ("time", "level", "logger", "message", "exception", "stream", "attempt", "task", "try")


def _least():
    """The number from which on messages are kept, and whether pawl reads them."""
    name = os.environ.get("PAWL_LOG_LEVEL", "")
    return _LEVELS.get(name, 20), name in _LEVELS


def _say(number, logger, message, exception, fields):
    """Prints a message to the standard error of the process, in the form that pawl
    knows, or for people where nobody reads that."""
    least, read = _least()
    if number < least:
        return
    level = "error" if number >= 40 else "warn" if number >= 30 else "info" if number >= 20 else "debug"
    parts = [level, logger, message, exception]
    for key, value in fields.items():
        if isinstance(value, str):
            value = "s" + value
        else:
            json = __import__("json")
            try:
                value = "j" + json.dumps(value, allow_nan=False)
            except (TypeError, ValueError):
                value = "s" + str(value)
        parts += [str(key), value]
    if read:
        text = "\x1epawl\x1f" + "\x1f".join(p.replace("\x1e", " ").replace("\x1f", " ") for p in parts) + "\x1e\n"
    else:
        text = _readable(parts)
    _print(text)


def _readable(parts):
    """A message for people."""
    pairs = "".join("  %s=%s" % (parts[i], parts[i + 1][1:]) for i in range(4, len(parts) - 1, 2))
    exception = parts[3]
    if exception and not exception.endswith("\n"):
        exception += "\n"
    return "%-5s %s: %s%s\n%s" % (parts[0].upper(), parts[1], parts[2], pairs, exception)


def _print(text):
    data = text.encode("utf-8", "replace")
    try:
        while data:
            data = data[os.write(2, data) :]
    except OSError:
        pass  # nobody reads it


class _Log(object):
    """Logs messages with a level, and with values by name:

    pawl.log.warn("rows are missing", table="orders", rows=17)
    """

    def debug(*args, **values):
        _logged(10, args, values)

    def info(*args, **values):
        _logged(20, args, values)

    def warn(*args, **values):
        _logged(30, args, values)

    warning = warn

    def error(*args, **values):
        _logged(40, args, values)

    def exception(*args, **values):
        """Logs an error with the exception that is handled."""
        import traceback

        _logged(40, args, values, traceback.format_exc())


def _logged(number, args, values, exception=""):
    if len(args) != 2:
        raise TypeError("pawl.log takes one message, and values by name")
    for key in values:
        if key in _RESERVED:
            raise ValueError("%r can't be the name of a value: a message has that by itself, as it has %s" % (key, ", ".join(_RESERVED)))
    _say(number, "task", str(args[1]), exception, values)


log = _Log()


def _bridge(logging):
    """Has what is logged to the root of the module logging be messages."""
    least, read = _least()
    if not read or any(getattr(h, "_pawl", False) for h in logging.root.handlers):
        return
    known = set(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {"message", "asctime", "taskName"}

    class Handler(logging.Handler):
        _pawl = True

        def emit(self, record):
            try:
                exception = ""
                if record.exc_info:
                    exception = logging.Formatter().formatException(record.exc_info)
                if record.stack_info:
                    exception = "\n".join(p for p in (exception, record.stack_info) if p)
                values = dict((k, v) for k, v in vars(record).items() if k not in known)
                _say(record.levelno, record.name, record.getMessage(), exception, values)
            except Exception:
                self.handleError(record)

    logging.root.addHandler(Handler())
    if logging.root.level == logging.WARNING:  # nobody has said another one
        logging.root.setLevel(least)


def _found(watch, name, path=None, target=None):
    """Finds the module logging for who watches out for it, because to import it ahead
    takes its time. What is logged is bridged once it is there."""
    sys.meta_path.remove(watch)
    for finder in sys.meta_path:
        spec = finder.find_spec(name, path, target)
        if spec is not None:
            execute = spec.loader.exec_module

            def exec_module(module):
                execute(module)
                _bridge(module)

            spec.loader.exec_module = exec_module
            return spec
    return None


def _watch():
    """Has what is logged be messages from now on."""
    if "logging" in sys.modules:
        _bridge(sys.modules["logging"])
        return
    watch = type(sys)("watch")
    watch.find_spec = lambda name, *rest: _found(watch, name, *rest) if name == "logging" else None
    sys.meta_path.insert(0, watch)


def _offer():
    """Has `import pawl` find what is here, after all others: a project may have a
    module of that name."""
    finder = type(sys)("finder")
    finder.find_spec = lambda name, *_: _spec() if name == "pawl" else None
    sys.meta_path.append(finder)


class _Loader(object):
    """Makes a module of what is here."""

    def create_module(self, spec):
        module = type(os)("pawl")
        module.__dict__.update(globals())
        return module

    def exec_module(self, module):
        pass


def _spec():
    from importlib.machinery import ModuleSpec

    return ModuleSpec("pawl", _Loader())
