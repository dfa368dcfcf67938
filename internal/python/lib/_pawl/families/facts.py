"""Why code in another process says that it fails."""
import json
import os


def settle(message):
    """Takes back what was said of a failure that is another one than the task's, as
    where the code has gone on after it. The message is what the task fails with."""
    path = os.environ.get("PAWL_FACTS")
    said = last(path) if path and os.path.exists(path) else None
    if said is None:
        return
    text = said.get("message") or ": ".join(part for part in (said.get("label"), said.get("description")) if part)
    if text not in message:
        with open(path, "ab") as file:
            file.write(b'{"failure": null}\n')


def last(path):
    """What was said last."""
    said = None
    with open(path, "rb") as file:
        for line in file:
            if b'"failure"' in line:
                try:
                    said = json.loads(line.decode("utf-8")).get("failure", said)
                except ValueError:
                    pass  # it is refused where facts are read
    return said if isinstance(said, dict) else None
