"""A process that is forked from the one that has a pipeline, and from which the
tasks of that are forked.

It talks to pawl over a socket of its own, as a template does: a message at a
time, with NUL between words.

    to the stem:    folder and "run", with the files for both outputs and the result
    from the stem:  "began PID" or "failed WHY", and "ended PID STATUS"

It ends when pawl closes the socket, with the tasks that run then.
"""
import array
import gc
import io
import os
import select
import signal
import socket
import sys
import tempfile

private = set()
"""Descriptors of this process that are nothing to those forked from it."""

PATIENCE = 30
"""For how many seconds a stem waits for pawl."""


def grow():
    """Forks a stem. Returns its process, and the path of its socket."""
    folder = tempfile.mkdtemp(prefix="pawl-")
    if len(folder) > 80:  # the path of a socket is short
        os.rmdir(folder)
        folder = tempfile.mkdtemp(prefix="pawl-", dir="/tmp")
    path = os.path.join(folder, "stem")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path)
    listener.listen(1)
    flush()  # so that no child writes what this process has not yet
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            Stem(listener, folder).serve()
            status = 0
        finally:
            os._exit(status)
    listener.close()
    return pid, path


class Stem(object):
    def __init__(self, listener, folder):
        os.setpgid(0, 0)
        for descriptor in private:
            os.close(descriptor)
        self.children = set()
        self.wake, self.waker = os.pipe()
        os.set_blocking(self.wake, False)
        os.set_blocking(self.waker, False)
        signal.set_wakeup_fd(self.waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in signal.SIGINT, signal.SIGTERM:
            signal.signal(number, signal.SIG_DFL)
        listener.settimeout(PATIENCE)
        try:
            self.owner = listener.accept()[0]
        finally:
            os.unlink(os.path.join(folder, "stem"))
            os.rmdir(folder)
        self.owner.setblocking(True)
        listener.close()

    def serve(self):
        events = select.poll()
        events.register(self.owner, select.POLLIN)
        events.register(self.wake, select.POLLIN)
        while True:
            for descriptor, _ in events.poll():
                if descriptor == self.wake:
                    self.reap()
                elif not self.hear():
                    return self.end()

    def end(self):
        for child in self.children:
            try:
                os.killpg(child, signal.SIGKILL)
            except OSError:
                pass

    def say(self, *words):
        try:
            self.owner.send(b"\0".join(words))
        except OSError:
            pass  # the next look at the socket ends the stem

    def reap(self):
        try:
            os.read(self.wake, 4096)
        except BlockingIOError:
            pass
        for child in list(self.children):
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                self.children.discard(child)
                self.say(b"ended", b"%d" % child, b"%d" % status)

    def hear(self):
        """Forks a task; reports whether there is one to be heard of."""
        descriptors = array.array("i")
        request, control, _, _ = self.owner.recvmsg(1 << 17, socket.CMSG_SPACE(3 * descriptors.itemsize), socket.MSG_CMSG_CLOEXEC)
        if not request:
            return False
        descriptors.frombytes(control[0][2][: 3 * descriptors.itemsize])
        try:
            pid = os.fork()
        except OSError as error:
            self.say(b"failed", str(error).encode())
        else:
            if pid == 0:
                self.become(request.split(b"\0")[0], *descriptors)
            self.children.add(pid)
            try:
                os.setpgid(pid, pid)  # the child does so too: neither may be late
            except OSError:
                pass
            self.say(b"began", b"%d" % pid)
        for descriptor in descriptors:
            os.close(descriptor)
        return True

    def become(self, folder, output, errors, target):
        """Runs a task and ends."""
        status = 1
        try:
            os.setpgid(0, 0)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            for descriptor in self.owner.fileno(), self.wake, self.waker:
                os.close(descriptor)
            self.owner.detach()
            os.dup2(output, 1)
            os.dup2(errors, 2)
            os.close(output)
            os.close(errors)
            sys.stdout, sys.stderr = (io.open(n, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False) for n in (1, 2))
            os.chdir(folder)
            from _pawl import runs

            runs.fork_started()
            runs.run_file(target)
            if "threading" in sys.modules:
                sys.modules["threading"]._shutdown()  # waits for those that the task has started
            flush()
            status = 0
        finally:
            os._exit(status)


def flush():
    """Writes what is left in the buffers of files."""
    for file in [sys.stdout, sys.stderr] + [f for f in gc.get_objects() if isinstance(f, io.IOBase)]:
        try:
            if not file.closed:
                file.flush()
        except Exception:
            pass  # whoever has it will hear of it
