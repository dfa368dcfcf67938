# A process that has started Python and forks a child for each task, which so is
# spared the start. One child is always forked ahead. They talk to the owner of
# the template over a socket, descriptor 3, a message at a time, with NUL between
# words:
#
#     from the template:  "ready" and the folders of modules, when it has started
#                         "ended PID STATUS" for each task
#                         "broken" when it can fork no more
#     from the child:     "began PID" or "failed WHY"
#     to the child:       folder and what the program that follows makes of it,
#                         with the files for both outputs and the result
#
# The template ends when the owner closes the socket, which it does when no task
# runs. If one does, the owner has died, and nobody would know of it any more.
# So the template kills the tasks that run, with all in their groups.
#
# The program that follows makes a Template, calls serve, which returns in each
# child, and ends the child with leave.
import _io
import _signal
import _socket
import _weakref
import atexit
import gc
import os
import select
import site
import sys

OWNER = 3


class Template(object):
    def __init__(self, rehearse):
        """rehearse touches what a task needs.

        A child has to copy each page of memory that it touches, which is most
        of what a small task costs. Here, and in the child that is forked ahead,
        that costs nobody's time.
        """
        self.rehearse = rehearse
        self.owner = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET, 0, OWNER)
        self.wake, self.waker = os.pipe()
        self.life, self.lifeline = os.pipe()  # tells children that the template has ended
        self.children = set()
        os.set_blocking(self.wake, False)
        os.set_blocking(self.waker, False)
        _signal.set_wakeup_fd(self.waker)
        _signal.signal(_signal.SIGCHLD, lambda *_: None)
        _signal.signal(_signal.SIGTERM, lambda *_: self.end())  # another sign of the owner's death
        if sys.path and not sys.path[0]:
            del sys.path[0]  # the working directory of those who use -c
        folders = sys.path + site.getsitepackages() + [site.getusersitepackages()]
        self.say(b"ready", *map(os.fsencode, folders))
        self.rehearse()
        self.modules = set(sys.modules.values())
        gc.collect()
        gc.freeze()  # else the collector touches all that is there

    def say(self, *words):
        try:
            self.owner.send(b"\0".join(words))
        except OSError:
            self.end()  # nobody listens

    def serve(self):
        """Forks children for good; returns in each one with the words and the result's file of its task."""
        events = select.poll()
        events.register(self.owner, 0)  # that it has closed is told all the same
        events.register(self.wake, select.POLLIN)
        ahead, taken = None, True
        while True:
            if taken:
                try:
                    ahead = os.fork()
                except OSError:
                    self.say(b"broken")
                if ahead == 0:
                    return self.wait()
                if ahead:
                    self.children.add(ahead)
            for fd, _ in events.poll():
                if fd == OWNER:
                    self.end()
                taken = self.hear()
                for child, status in self.reap():
                    if child == ahead and not taken:
                        taken = self.hear()  # it has said so before it ended
                        if not taken:
                            self.say(b"broken")
                    self.say(b"ended", b"%d" % child, b"%d" % status)

    def end(self):
        """Ends the template with the children that are left; none was reaped, so the ids are theirs."""
        for child in self.children:
            for kill in os.kill, os.killpg:  # it may be about to make the group
                try:
                    kill(child, _signal.SIGKILL)
                except OSError:
                    pass
        os._exit(0)

    def hear(self):
        """Returns whether the child that was forked ahead has got a task."""
        try:
            return 0 in os.read(self.wake, 4096)  # the others are signals
        except BlockingIOError:
            return False

    def reap(self):
        try:
            while True:
                child, status = os.waitpid(-1, os.WNOHANG)
                if child == 0:
                    return
                self.children.discard(child)
                yield child, status
        except ChildProcessError:
            pass

    def wait(self):
        """Makes of a child what a Python started for its task would be, and returns that."""
        self.children.clear()
        os.setpgid(0, 0)
        _signal.set_wakeup_fd(-1)
        _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
        _signal.signal(_signal.SIGTERM, _signal.SIG_DFL)
        os.close(self.lifeline)
        self.rehearse()
        events = select.poll()
        events.register(self.owner, select.POLLIN)
        events.register(self.life, 0)
        while True:
            if any(fd == self.life for fd, _ in events.poll()):
                os._exit(0)
            task = self.receive()
            if task:
                break
        self.say(b"began", b"%d" % os.getpid())
        os.write(self.waker, b"\0")
        self.owner.detach()
        os.closerange(OWNER, max(self.wake, self.waker, self.life) + 1)
        return task

    def receive(self):
        request, control, _, _ = self.owner.recvmsg(1 << 17, _socket.CMSG_SPACE(12), _socket.MSG_CMSG_CLOEXEC)
        if not request:
            os._exit(0)
        folder, *words = request.split(b"\0")
        output, errors, target = memoryview(control[0][2]).cast("i")
        try:
            os.chdir(folder)
        except OSError as error:
            for descriptor in output, errors, target:
                os.close(descriptor)
            return self.say(b"failed", str(error).encode())
        os.dup2(output, 1)
        os.dup2(errors, 2)
        os.close(output)
        os.close(errors)
        return words, target


def leave(before):
    """Ends a child that has succeeded.

    It does what the end of Python does, but for taking down what the template
    had built, which takes longer than most tasks. It returns, for Python to
    end as ever, where a library may have an end of its own to make, and where
    something goes wrong.
    """
    added = [name for name, module in sys.modules.items() if type(module) is type(sys) and module not in before]
    try:
        sys.stderr.flush()
        sys.stdout.flush()
        for name in added:
            if str(getattr(sys.modules[name], "__file__", "")).endswith(".so"):
                return
        if "threading" in sys.modules:
            sys.modules["threading"]._shutdown()
        atexit._run_exitfuncs()
        flush()
    except BaseException:
        return
    modules = [_weakref.ref(sys.modules.pop(name)) for name in added]
    gc.collect()
    for module in modules:
        if module() is not None:
            vars(module()).clear()
    gc.collect()
    flush()
    os._exit(0)


def flush():
    """Writes what is left in the buffers of files."""
    sys.stdout.flush()
    sys.stderr.flush()
    for file in gc.get_objects():
        if isinstance(file, _io._IOBase) and not file.closed:
            file.flush()
