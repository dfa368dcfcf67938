# Calls the function or method that a py> task names, and writes down what that
# asks for:
#
#     runner.py COMMAND INPUT OUTPUT
#
# Most of a small task's time is Python's start, so nothing is imported here
# before it is needed.
import os
import sys


class Env(object):
    """What the code of a task finds as digdag.env."""

    def __init__(self, params):
        self.params = params
        self.subtask_config = {}
        self.export_params = {}
        self.store_params = {}
        self.state_params = {}
        self.subtask_index = 0

    def set_state(self, params={}, **more):
        self.state_params.update(params, **more)

    def export(self, params={}, **more):
        self.export_params.update(params, **more)

    def store(self, params={}, **more):
        self.store_params.update(params, **more)

    def add_subtask(self, function=None, **params):
        if function is None:
            config = params
        elif isinstance(function, dict):
            config = dict(function, **params)
        else:
            name = getattr(function, "__qualname__", function.__name__)
            config = dict(params, **{"py>": function.__module__ + "." + name})
        try:
            dump(config)
        except (TypeError, ValueError) as error:
            raise TypeError("Parameters must be serializable using JSON: %s" % error)
        self.subtask_config["+subtask%d" % self.subtask_index] = config
        self.subtask_index += 1


def load(text):
    try:
        from _json import make_scanner  # json itself takes as long as all else

        class Rules(object):
            strict = True
            object_hook = object_pairs_hook = None
            parse_float, parse_int, parse_constant = float, int, float

        return make_scanner(Rules)(text, 0)[0]
    except Exception:
        import json

        return json.loads(text)


def dump(value):
    import json

    return json.dumps(value, allow_nan=False)


def provide(params):
    """Makes the modules digdag and digdag_env, which every task finds imported."""
    digdag, digdag_env = type(sys)("digdag"), type(sys)("digdag_env")
    digdag.env = Env(params)
    for name, value in vars(digdag.env).items():
        setattr(digdag_env, name, value)
    sys.modules.update(digdag=digdag, digdag_env=digdag_env)
    return digdag_env


def attribute(module, name):
    __import__(module)
    if not hasattr(sys.modules[module], name):
        raise AttributeError("Module '%s' has no attribute '%s'" % (module, name))
    return getattr(sys.modules[module], name)


def find(command):
    """Returns what a command names, and the name of its method to be called."""
    module, _, name = command.rpartition(".")
    if not module:
        raise ValueError("'%s' is in no module: write MODULE.NAME or MODULE.CLASS.NAME" % command)
    try:
        target = attribute(module, name)
        return target, "run" if isinstance(target, type) else None
    except ImportError as error:
        outer, _, owner = module.rpartition(".")
        missing = getattr(error, "name", None) or module
        if not outer or not (module + ".").startswith(missing + "."):
            raise  # it is something else that cannot be imported
    return attribute(outer, owner), name


def signature(function):
    """Lists name, kind (as in inspect) and whether it has a default of each parameter."""
    code = getattr(function, "__code__", None)
    if code is None:
        import inspect

        found = inspect.signature(function).parameters.values()
        return [(p.name, int(p.kind), p.default is not p.empty) for p in found]
    names, count, only = code.co_varnames, code.co_argcount, code.co_kwonlyargcount
    required = count - len(function.__defaults__ or ())
    positional = getattr(code, "co_posonlyargcount", 0)
    found = [(names[i], int(i >= positional), i >= required) for i in range(count)]
    found += [(name, 3, name in (function.__kwdefaults__ or ())) for name in names[count : count + only]]
    if code.co_flags & 8:
        found.append(("", 4, True))
    # A bound method has the first one already.
    return found[1:] if getattr(function, "__self__", None) is not None else found


def arguments(function, params, expected):
    """Returns the arguments that a function asks for by their names."""
    args, keywords = [], {}
    for name, kind, optional in expected:
        if kind == 4:
            keywords = dict(params)
        elif kind != 2 and name in params:
            if kind == 0:
                args.append(params[name])
            else:
                keywords[name] = params[name]
        elif kind != 2 and not optional:
            shown = getattr(function, "__qualname__", function)
            raise TypeError("Method '%s' requires parameter '%s' but not set" % (shown, name))
    return args, keywords


def call(function, params):
    args, keywords = arguments(function, params, signature(function))
    return function(*args, **keywords)


def perform(command, params):
    target, method = find(command)
    if method is None:
        return call(target, params)
    if isinstance(target, type):
        init = target.__init__
        expected = signature(init)[1:] if hasattr(init, "__code__") else []
        args, keywords = arguments(init, params, expected)
        target = target(*args, **keywords)
    return call(getattr(target, method), params)


def text(error):
    """Returns the text of an error, also of one that has none to give."""
    try:
        return str(error)
    except BaseException as problem:
        return "<its text can't be had: %s in __str__>" % type(problem).__name__


def describe(error, command):
    """Returns an error as it is to be shown."""
    kind = type(error)
    name, message = kind.__qualname__, text(error)
    if kind.__module__ not in ("builtins", "__main__"):
        name = "%s.%s" % (kind.__module__, name)
    if isinstance(error, SystemExit):
        message = "%s ended Python by sys.exit(%s)" % (command, "" if error.code is None else repr(error.code))
    return {"class": name, "message": message}


def place(error, frames):
    """Returns the file and the line of the task's code that an error is about."""
    file = getattr(error, "filename", None)
    if isinstance(error, SyntaxError) and file and os.path.isfile(file):
        return file, error.lineno
    library = os.path.dirname(os.path.realpath(os.__file__))
    for frame in reversed(frames):
        file = os.path.realpath(frame.filename)
        if os.path.isfile(file) and not file.startswith(library + os.sep) and os.sep + "site-packages" + os.sep not in file:
            return frame.filename, frame.lineno
    return (frames[-1].filename, frames[-1].lineno) if frames else (None, None)


def details(error):
    """Returns what else is known of an error that was trimmed: where it happened,
    what it comes from, and what the task said with it."""
    told = {}
    try:
        import traceback

        frames = traceback.extract_tb(error.__traceback__)
        file, line = place(error, frames)
        if frames or file:
            told["traceback"] = "".join(traceback.format_exception(type(error), error, error.__traceback__))
            told["file"], told["line"] = file, line
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is not None:
            told["cause"] = describe(cause, "")
        dump(told)
    except Exception:  # the error can't be told of
        told = {}
    told.update(getattr(error, "_pawl", {}))
    return told


def trim(error, library):
    """Takes what is not of the task out of the traces that Python is to print: what
    called it, and what it has called of pawl."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        trace = error.__traceback__
        while trace and trace.tb_frame.f_globals is globals():
            trace = trace.tb_next
        error.__traceback__ = trace
        if trace is None:
            error.__cause__ = None  # and what came before is not the task's either
            return
        while library and trace and sys.version_info >= (3, 7):
            below = trace.tb_next
            while below and below.tb_frame.f_globals is library:
                below = below.tb_next
            trace.tb_next = below
            trace = below
        error = error.__cause__ or error.__context__


def library(of):
    """Returns what is in the module pawl, which is made when it is first needed."""
    if "made" not in of:
        of["made"] = {"__name__": "pawl", "_folder": of["folder"]}
        exec(of["source"], of["made"])
    return of["made"]


def run(command, given, write):
    params, of = given["params"], given.get("pawl")
    if "values" in given:
        params = library(of)["_bind"](params, given["values"])
    asked = provide(params)
    sys.path.append(os.getcwd())
    if of:  # after all others: a project may have a module of that name
        of["finder"] = type(sys)("finder")
        of["finder"].find_spec = lambda name, *_: library(of)["_spec"]() if name == "pawl" else None
        sys.meta_path.append(of["finder"])
        if "logging" in sys.modules:
            library(of)["_watch"]()
        elif "PAWL_LOG_LEVEL" in os.environ:
            watch = type(sys)("watch")
            watch.find_spec = lambda name, *rest: library(of)["_found"](watch, name, *rest) if name == "logging" else None
            sys.meta_path.insert(0, watch)
    keys = ("subtask_config", "export_params", "store_params")
    try:
        returned = perform(command, params)
        if "_answer" in params:  # whoever has it run wants what it returns
            asked.store_params[params["_answer"]] = returned
        result = dict((key, getattr(asked, key)) for key in keys)
        if of and "made" in of:
            result["outputs"] = of["made"]["_kept"]
        text = dump(result) if any(result.values()) else "{}"
    except BaseException as error:
        told = describe(error, command)
        trim(error, of and of.get("made"))
        told.update(details(error))
        write(dump({"error": told}))
        if isinstance(error, SystemExit) and not error.code:
            sys.exit(1)
        trace, show = error.__traceback__, sys.excepthook
        sys.excepthook = lambda kind, error, _: show(kind, error.with_traceback(trace), trace)
        raise
    write(text)


def main(command, source, target):
    if os.path.realpath(sys.path[0]) == os.path.dirname(os.path.realpath(__file__)):
        del sys.path[0]  # it is no place for modules
    with open(source, "rb") as f:
        given = load(f.read().decode("utf-8"))

    def write(text):
        with open(target, "w") as f:
            f.write(text)

    run(command, given, write)


if __name__ == "__main__":
    if sys.version_info < (3, 6):
        sys.exit("%s is too old for py>: it needs Python 3.6 or later" % sys.executable)
    main(*sys.argv[1:])
