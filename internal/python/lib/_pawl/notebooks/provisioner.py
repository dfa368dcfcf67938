"""How kernels are started. Only what has Jupyter can import it."""
import os
import subprocess

from jupyter_client.provisioning import LocalProvisioner


class Provisioner(LocalProvisioner):
    """Starts kernels in the process group of the task, so that whatever ends the
    task ends them too. Jupyter's own gives each a session of its own."""

    async def launch_kernel(self, cmd, **keywords):
        if any("ipykernel" in word for word in cmd):
            cmd = cmd + ["--IPKernelApp.log_level=50"]  # what it logs is for those who start kernels
        env = dict(keywords.get("env") or os.environ)
        env["JPY_PARENT_PID"] = str(os.getpid())
        self.process = subprocess.Popen(cmd, stdin=subprocess.DEVNULL, env=env, cwd=keywords.get("cwd"))
        self.pid = self.process.pid
        self.pgid = None  # signals are for the kernel and not for its group, which is the task's
        return self.connection_info
