# Follows the program of a template. It is told what to preload in a variable,
# and replaces itself where that has spoiled the process for forking.
#
# A task's only word is "run" or "serve", and its file holds the rest.
import json


def prepare():
    config = json.loads(os.environ.pop("PAWL_TEMPLATE"))
    sys.path[:] = [p for p in sys.path if p]
    sys.path.insert(0, config["library"])
    from _pawl import paths, runs

    paths.lead(config["path"])
    spoiled = config.setdefault("spoiled", [])
    for name in "_pawl.families.function", "ploomber.exceptions", "ploomber.products", "ploomber.tasks.functions":
        __import__(name)
    json.loads(json.dumps({"a": [1, 1.5, "b"]}))  # makes what later calls need
    name = None
    if config["preload"]:
        from _pawl import preload

        name = preload.load(config["preload"], spoiled)
    runs.flush()  # of what libraries have printed, which nobody is to see
    if name:
        spoiled.append(name)
        os.environ["PAWL_TEMPLATE"] = json.dumps(config)
        os.set_inheritable(OWNER, True)
        os.execv(sys.executable, [sys.executable, "-c", "source = %r; exec(compile(source, 'template.py', 'exec'), {'__name__': 'template', 'source': source})" % source])
    return runs


def rehearse():
    """Leaves it to the task: that comes soon, and costs no less here."""


runs = prepare()
template = Template(rehearse)
(word,), target = template.serve()
sys.argv = [""]
sys.stdout.reconfigure(line_buffering=True)
if word == b"serve":
    from _pawl import serve

    serve.serve_descriptor(target)
else:
    runs.fork_started()
    runs.run_file(target)
leave(template.modules)
