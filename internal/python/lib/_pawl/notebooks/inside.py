"""What the kernel of a notebook is told before its first cell: what user code has of
pawl."""
import os

HERE = os.path.dirname(os.path.abspath(__file__))


def begin(client, language):
    """Tells it. A kernel that can't make use of it goes on without."""
    code = {"python": of_python, "r": of_r}.get(language)
    if code is not None:
        client.wait_for_reply(client.kc.execute(code(), silent=True, store_history=False))


def of_python():
    above = os.path.dirname(HERE)
    parts = [os.path.join(above, "guest.py"), os.path.join(above, "telling.py"), os.path.join(HERE, "kernel.py")]
    texts = []
    for path in parts:
        with open(path, encoding="utf-8") as file:
            texts.append((path, file.read()))
    return "(lambda pawl: [exec(compile(text, path, 'exec'), pawl) for path, text in %r])({'__name__': 'pawl'}) and None" % (texts,)


def of_r():
    path = os.path.join(os.path.dirname(HERE), "families", "pawl.R")
    return "source(%s, local = new.env())\noptions(keep.source = TRUE)" % quoted(path)


def quoted(text):
    """A text as R and JSON write it."""
    import json

    return json.dumps(text, ensure_ascii=False)
