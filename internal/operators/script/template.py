# Follows runner.py in a template, which forks a child for each task. The words
# of a task are its command, its input and the variables to set.


def rehearse():
    provide(load('{"params": {}}')["params"])
    for name in ("digdag", "digdag_env"):
        del sys.modules[name]
    try:
        __import__("no module has this name")
    except ImportError:
        pass
    os.environb[b"pawl"] = b""
    del os.environb[b"pawl"]


template = Template(rehearse)
(command, source, *variables), target = template.serve()
for variable in variables:
    name, _, value = variable.partition(b"=")
    os.environb[name] = value
command = os.fsdecode(command)
sys.argv = ["runner.py", command, "input.json", "output.json"]
given = load(source.decode("utf-8"))
run(command, given, lambda text: os.write(target, text.encode("utf-8", "surrogateescape")))
leave(template.modules)
