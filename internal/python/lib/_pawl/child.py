"""A process for one task, or for requests, that is started afresh.

    child.py run REQUEST RESULT    files
    child.py serve PORT TOKEN      a port of this machine to connect to
    child.py serve DESCRIPTOR      a connected socket
"""
import os
import sys

if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [p for p in sys.path if p and os.path.abspath(p) != here]
    sys.path.insert(0, os.path.dirname(here))
    kind, words = sys.argv[1], sys.argv[2:]
    sys.argv = [""]
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(line_buffering=True)
    if kind == "run":
        from _pawl import runs

        runs.run_paths(*words)
    else:
        from _pawl import serve

        if len(words) == 2:
            serve.serve_port(int(words[0]), words[1])
        else:
            serve.serve_descriptor(int(words[0]))
