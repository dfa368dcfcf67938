"""How people look into a cell that fails."""
import asyncio
import os
import signal
import sys

from _pawl.notebooks import NotebookError, need


def way(how, name):
    """How a failure in the notebook of a task is looked into."""
    if how == "now":
        return Now()
    need("debuglater", "debug_mode: later needs debuglater")
    return Later(os.path.abspath(name + ".dump"))


class Later(object):
    """The kernel writes a file."""

    def __init__(self, path):
        self.first = "from debuglater import patch_ipython\npatch_ipython(%r)" % path

    def derive(self, client):
        return client

    def begin(self, client):
        """Tells a kernel that has started what to do when a cell fails."""
        reply = client.wait_for_reply(client.kc.execute(self.first, silent=True, store_history=False))
        if reply["content"]["status"] != "ok":
            raise NotebookError("the kernel has no debugger: %s" % reply["content"].get("evalue"))


class Now(Later):
    """The kernel starts a debugger, for which we have the terminal."""

    def __init__(self):
        self.first = "%pdb on"

    def derive(self, client):
        from nbclient.util import run_sync

        class Talking(client):
            async def async_execute_cell(self, *args, **keywords):
                talk = asyncio.ensure_future(answer(self.kc))
                try:
                    return await super(Talking, self).async_execute_cell(*args, **keywords)
                finally:
                    talk.cancel()

            execute_cell = run_sync(async_execute_cell)

            def process_message(self, *args, **keywords):
                output = super(Talking, self).process_message(*args, **keywords)
                if output and output.output_type == "error":
                    print("\n".join(output.traceback), flush=True)
                return output

        return Talking

    def begin(self, client):
        super(Now, self).begin(client)
        client.kc.allow_stdin = True
        signal.signal(signal.SIGINT, lambda *_: None)  # the kernel gets it as well


async def answer(client):
    """Has people answer what a kernel asks."""
    while True:
        message = await client.stdin_channel.get_msg()
        await asyncio.sleep(0.1)  # what was printed before comes another way
        text = ask(message["content"]["prompt"])
        if text is not None:
            client.input(text)


END = "\x04"


def ask(prompt):
    """What people type; None if they interrupt."""
    sys.stdout.flush()
    interrupt = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return input(prompt)
    except EOFError:
        return END
    except KeyboardInterrupt:
        return None
    finally:
        signal.signal(signal.SIGINT, interrupt)
