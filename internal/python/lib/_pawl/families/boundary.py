"""Runs a script as Python does, and writes down what goes wrong in it:

    boundary.py SCRIPT FAILURE
"""
import os
import sys


def main(script, target):
    import os
    import sys  # those of the module are not the script's

    here = os.path.dirname(os.path.abspath(__file__))
    library = os.path.dirname(os.path.dirname(here))
    sys.path[:] = [library] + [p for p in sys.path if p and os.path.abspath(p) != here]
    from _pawl import failures, runs

    sys.path[0] = os.path.dirname(script)
    runs.offer(os.environ.get("PAWL_LOG_LEVEL"))
    del sys.argv[1:]
    sys.argv[0] = script
    own = vars(sys.modules["__main__"])
    for name in ("main", "os", "sys", "__doc__"):
        own.pop(name)
    own["__file__"] = script
    try:
        with open(script, "rb") as file:
            text = file.read()
        exec(compile(text, script, "exec"), own)
    except SystemExit:
        raise
    except BaseException as error:
        runs.flush()
        with open(target, "wb") as file:
            file.write(runs.encoded(failures.describe(error)))
        sys.exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
