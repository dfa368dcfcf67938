"""Clients that run scripts."""
import os

from ploomber.clients import Client


def command(template, path):
    """A command in which {{path_to_code}} stands for a file."""
    import re
    import shlex

    return re.sub(r"\{\{\s*path_to_code\s*\}\}", lambda _: shlex.quote(path), template)


class ShellClient(Client):
    """Runs scripts by a command in which {{path_to_code}} stands for the file."""

    def __init__(self, run_template="bash {{path_to_code}}", subprocess_run_kwargs=None):
        self.run_template = run_template
        self.subprocess_run_kwargs = dict(subprocess_run_kwargs or {})

    @property
    def connection(self):
        raise AttributeError("a ShellClient has no connection")

    def execute(self, code):
        """Runs a script. Its output goes where this process's does."""
        import shlex
        import subprocess
        import sys
        import tempfile

        descriptor, path = tempfile.mkstemp(suffix=".sh")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(code)
            sys.stdout.flush()
            line, keywords = command(self.run_template, path), self.subprocess_run_kwargs
            done = subprocess.run(line if keywords.get("shell") else shlex.split(line), **keywords)
        finally:
            os.remove(path)
        for text in done.stdout, done.stderr:  # what was captured
            if text:
                sys.stdout.write(text if isinstance(text, str) else text.decode("utf-8", "replace"))
        if done.returncode:
            raise RuntimeError("the script has ended with status %d" % done.returncode)

    def _configuration(self):
        return {"run_template": self.run_template}

    def __repr__(self):
        return "ShellClient(%r)" % self.run_template


class RemoteShellClient(Client):
    """Runs scripts on another machine over SSH, in a terminal there, so that they
    end with the connection. connect_kwargs are those of paramiko's
    SSHClient.connect, and path_to_directory is where scripts are put."""

    def __init__(self, connect_kwargs, path_to_directory, run_template="bash {{path_to_code}}"):
        self.connect_kwargs = dict(connect_kwargs)
        self.path_to_directory = path_to_directory
        self.run_template = run_template
        self._client = None
        self._owner = None

    @property
    def connection(self):
        if self._client is None or self._owner != os.getpid() or not self._is_active():
            self._client = self._connect()
            self._owner = os.getpid()
        return self._client

    def _connect(self):
        try:
            import paramiko
        except ImportError:
            raise ModuleNotFoundError("RemoteShellClient needs paramiko: `pip install paramiko`") from None
        client = paramiko.SSHClient()
        client.load_system_host_keys()  # a key that has changed is refused
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        client.connect(**self.connect_kwargs)
        return client

    def _is_active(self):
        transport = self._client.get_transport()
        return transport is not None and transport.is_active()

    def read_file(self, path):
        """The text of a file on the other machine."""
        with self.connection.open_sftp() as sftp, sftp.open(path) as file:
            return file.read().decode("utf-8")

    def write_to_file(self, content, path):
        """Writes a text to a file on the other machine."""
        with self.connection.open_sftp() as sftp, sftp.open(path, "w") as file:
            file.write(content)

    def execute(self, code):
        """Runs a script, and prints what it prints."""
        import subprocess
        import uuid

        path = os.path.join(self.path_to_directory, "pawl-%s.sh" % uuid.uuid4().hex).replace(os.sep, "/")
        self.write_to_file(code, path)
        try:
            line = command(self.run_template, path)
            status, output = self._run(line)
        finally:
            with self.connection.open_sftp() as sftp:
                sftp.remove(path)
        if status:
            raise subprocess.CalledProcessError(status, line, output)
        return {"returncode": status, "stdout": output, "stderr": ""}

    def _run(self, line):
        import sys

        _, stdout, _ = self.connection.exec_command(line, get_pty=True)
        printed = []
        for text in stdout:
            printed.append(text)
            sys.stdout.write(text)
        return stdout.channel.recv_exit_status(), "".join(printed)

    def close(self):
        if self._client is not None and self._owner == os.getpid():
            self._client.close()
        self._client = None

    def __getstate__(self):
        return dict(self.__dict__, _client=None, _owner=None)

    def _configuration(self):
        return {"run_template": self.run_template}

    def __repr__(self):
        return "RemoteShellClient(%r)" % self.connect_kwargs.get("hostname")
