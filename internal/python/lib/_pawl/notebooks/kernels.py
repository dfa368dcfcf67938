"""The kernels of Jupyter: whether one is there, and how it is started."""
import os
import subprocess

from _pawl.notebooks import NotebookError, install, need

OF_R = "Rscript -e 'install.packages(\"IRkernel\"); IRkernel::installspec()'"


def find(name):
    """What Jupyter knows of a kernel."""
    specs = need("jupyter_client.kernelspec", "notebooks need Jupyter", "papermill ipykernel")
    try:
        return specs.get_kernel_spec(name)
    except specs.NoSuchKernel:
        pass
    others = sorted(specs.find_kernel_specs())
    raise NotebookError(
        "there is no kernel %r (there %s): %s"
        % (
            name,
            "is " + ", ".join(others) if others else "are none",
            {"python3": install("ipykernel"), "ir": OF_R}.get(name, "install it, or name another one by kernelspec_name"),
        )
    )


def describe(notebook, name, check):
    """Writes into a notebook which kernel runs it."""
    if check:
        spec = find(name)
        told = {"display_name": spec.display_name, "language": spec.language, "name": name}
    else:
        told = {"display_name": "R", "language": "R", "name": name} if name == "ir" else {"display_name": "Python 3", "language": "python", "name": name}
    notebook["metadata"]["kernelspec"] = told


def keep_in_group():
    """Has kernels started in the process group of the task, so that whatever
    ends the task ends them too."""
    try:
        from importlib.metadata import EntryPoint

        from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner
    except ImportError:
        return  # before jupyter_client 7 they can't be
    if os.name == "nt":
        return  # there are no groups

    global Provisioner

    class Provisioner(LocalProvisioner):
        async def launch_kernel(self, cmd, **keywords):
            if any("ipykernel" in word for word in cmd):
                cmd = cmd + ["--IPKernelApp.log_level=40"]  # its warnings are for those who start kernels
            env = dict(keywords.get("env") or os.environ)
            env["JPY_PARENT_PID"] = str(os.getpid())
            self.process = subprocess.Popen(cmd, stdin=subprocess.DEVNULL, env=env, cwd=keywords.get("cwd"))
            self.pid = self.process.pid
            self.pgid = None  # the task's group, which signals for the kernel must not reach
            return self.connection_info

    factory = KernelProvisionerFactory.instance()
    if factory.default_provisioner_name == "local-provisioner":
        entry = EntryPoint("pawl", __name__ + ":Provisioner", KernelProvisionerFactory.GROUP_NAME)
        factory.provisioners["pawl"] = entry
        factory.default_provisioner_name = "pawl"


Provisioner = None
