"""How kernels are started. Only what has Jupyter can import it."""
import os
import signal
import subprocess

from jupyter_client.provisioning import LocalProvisioner

from _pawl.notebooks import kernels


class Provisioner(LocalProvisioner):
    """Starts kernels in the process group of the task, so that whatever ends the
    task ends them too. Jupyter's own gives each a session of its own."""

    async def launch_kernel(self, cmd, **keywords):
        if any("ipykernel" in word for word in cmd):
            cmd = cmd + ["--IPKernelApp.log_level=50"]  # what it logs is for those who start kernels
        env = dict(keywords.get("env") or os.environ)
        env["JPY_PARENT_PID"] = str(os.getpid())
        self.process = subprocess.Popen(cmd, stdin=subprocess.DEVNULL, env=env, cwd=keywords.get("cwd"))
        kernels.process = self.process
        self.pid = self.process.pid
        self.pgid = None  # signals are for the kernel and not for its group, which is the task's
        return self.connection_info

    async def send_signal(self, signum):
        """Sends a signal. Kernels are interrupted before they are asked to end,
        and one of R, which is idle then, would tell that it was halted."""
        if signum == signal.SIGINT and getattr(self.parent, "shutting_down", False) and self.kernel_spec.language.lower() == "r":
            return
        await super().send_signal(signum)
