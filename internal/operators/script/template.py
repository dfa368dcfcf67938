# Follows runner.py in a template: a process that has started Python and forks
# a child for each task, which so is spared the start. It talks to its owner
# over a socket, descriptor 3, a message at a time, with NUL between words:
#
#     to the owner:  "ready" and the folders of modules, when it has started
#                    "began PID" or "failed WHY" for each task, in order
#                    "ended PID STATUS"
#     from it:       folder, command and variables to set, with the files for
#                    output, parameters and result
#
# It ends when the owner closes the socket.
#
# A child copies each page of memory that it touches, which is most of what a
# small task costs. So what can be done before the fork is done there.
import _io
import _signal
import _socket
import _weakref
import atexit
import gc
import select
import site
from _frozen_importlib_external import PathFinder

OWNER = 3


class Template(object):
    def __init__(self):
        self.owner = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET, 0, OWNER)
        self.null = os.open(os.devnull, os.O_RDWR)
        self.wake, waker = os.pipe()
        self.last = max(self.null, self.wake, waker)
        self.folder = None
        os.set_blocking(self.wake, False)
        os.set_blocking(waker, False)
        _signal.set_wakeup_fd(waker)
        _signal.signal(_signal.SIGCHLD, lambda *_: None)
        self.events = select.poll()
        self.events.register(self.owner, select.POLLIN)
        self.events.register(self.wake, select.POLLIN)
        if sys.path and not sys.path[0]:
            del sys.path[0]  # the working directory of those who use -c
        load("{}")
        self.look(sys.path)
        self.modules = set(sys.modules)
        gc.collect()
        gc.freeze()  # else the collector touches all that is there

    def look(self, folders):
        """Makes Python know the content of folders of modules."""
        PathFinder.find_spec("no module has this name", folders)

    def say(self, *words):
        self.owner.send(b"\0".join(words))

    def serve(self):
        """Answers requests for good; returns in each child what it is to do."""
        folders = sys.path + site.getsitepackages() + [site.getusersitepackages()]
        self.say(b"ready", *map(os.fsencode, folders))
        while True:
            for fd, _ in self.events.poll():
                if fd == self.wake:
                    os.read(self.wake, 4096)
                    self.reap()
                    continue
                task = self.receive()
                if task is None:
                    continue
                child = os.fork()
                if child == 0:
                    self.become()
                    return task
                self.release(task)
                try:
                    os.setpgid(child, child)  # whoever comes first
                except OSError:
                    pass  # it has done so itself, and executed something or ended
                self.say(b"began", b"%d" % child)

    def receive(self):
        request, control, _, _ = self.owner.recvmsg(1 << 18, _socket.CMSG_SPACE(12), _socket.MSG_CMSG_CLOEXEC)
        if not request:
            os._exit(0)
        folder, command, *variables = map(os.fsdecode, request.split(b"\0"))
        output, source, target = memoryview(control[0][2]).cast("i")
        with open(source, "rb") as f:
            params = load(f.read().decode("utf-8"))["params"]
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
        try:
            os.chdir(folder)
        except OSError as error:
            self.release((target,))
            return self.say(b"failed", str(error).encode())
        os.environ["PWD"] = folder
        if folder != self.folder:
            sys.path_importer_cache.pop(self.folder, None)
            self.folder = folder
        self.look([folder])
        return target, command, params, variables

    def release(self, task):
        os.dup2(self.null, 1)
        os.dup2(self.null, 2)
        os.close(task[0])

    def reap(self):
        while True:
            try:
                child, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if child == 0:
                return
            self.say(b"ended", b"%d" % child, b"%d" % status)

    def become(self):
        """Makes of a child what a Python started for the task would be."""
        os.setpgid(0, 0)
        _signal.set_wakeup_fd(-1)
        _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
        self.owner.detach()
        os.closerange(OWNER, self.last + 1)


def leave(before):
    """Ends a child that has succeeded.

    It does what the end of Python does, but for taking down what the template
    had built, which takes longer than most tasks. It returns where a library
    may have an end of its own to make.
    """
    names = [name for name in sys.modules if name not in before]
    for name in names:
        if str(getattr(sys.modules[name], "__file__", "")).endswith(".so"):
            return
    if "threading" in sys.modules:
        sys.modules["threading"]._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    modules = [_weakref.ref(sys.modules.pop(name)) for name in names]
    gc.collect()
    for module in modules:
        if module() is not None:
            vars(module()).clear()
    gc.collect()
    for left in gc.get_objects():
        if isinstance(left, _io._IOBase) and not left.closed:
            left.flush()
    os._exit(0)


template = Template()
target, command, params, variables = template.serve()
for variable in variables:
    name, _, value = variable.partition("=")
    os.environ[name] = value
sys.argv = ["runner.py", command, "input.json", "output.json"]
run(command, params, lambda text: os.write(target, text.encode("utf-8", "surrogateescape")))
leave(template.modules)
