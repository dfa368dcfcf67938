# Follows the program of a template. It is told what to preload in a variable,
# and replaces itself where that has spoiled the process for forking.
#
# A task's only word is "run" or "serve", and its file holds the rest.
import json


def prepare():
    config = json.loads(os.environ.pop("PAWL_TEMPLATE"))
    sys.path[:] = [p for p in sys.path if p]
    sys.path.insert(0, config["library"])
    asked, sys.dont_write_bytecode = sys.dont_write_bytecode, False  # the library lies in a cache of pawl's own
    from _pawl import runs

    if config["preload"]:
        from _pawl import preload
    __import__("ploomber.exceptions")  # which the code of many tasks imports
    runs.rehearse(config["path"])
    sys.dont_write_bytecode = asked
    spoiled = config.setdefault("spoiled", [])
    name = preload.load(config["preload"], spoiled) if config["preload"] else None
    runs.flush()  # of what libraries have printed, which nobody is to see
    if name:
        spoiled.append(name)
        os.environ["PAWL_TEMPLATE"] = json.dumps(config)
        os.set_inheritable(OWNER, True)
        os.execv(sys.executable, [sys.executable, "-c", "source = %r; exec(compile(source, 'template.py', 'exec'), {'__name__': 'template', 'source': source})" % source])
    sys.argv = [""]
    sys.stdout.reconfigure(line_buffering=True)
    return runs


def rehearse():
    """Leaves it to the task: that comes soon, and costs no less here."""


runs = prepare()
template = Template(rehearse)
(word,), target = template.serve()
if word == b"serve":
    from _pawl import serve

    serve.serve_descriptor(target)
else:
    runs.fork_started()
    runs.run_file(target)
leave(template.modules)
