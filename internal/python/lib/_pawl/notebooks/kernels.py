"""The kernels of Jupyter: whether one is there, and how it is started."""
import os

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


process = None
"""That of the kernel, once it was started."""


def ended():
    """How the kernel has ended by itself; None if that is not known."""
    code = process.poll() if process is not None else None
    if code is None:
        return None
    if code >= 0:
        return "the kernel ended with code %d" % code
    import signal

    try:
        name = " (%s)" % signal.Signals(-code).name
    except ValueError:
        name = ""
    memory = "; the system does that where memory runs out" if code == -9 else ""
    return "the kernel was ended by signal %d%s%s" % (-code, name, memory)


def keep_in_group():
    """Has kernels started by our Provisioner, unless the user has another one."""
    try:
        from importlib.metadata import EntryPoint

        from jupyter_client.provisioning import KernelProvisionerFactory
    except ImportError:
        return  # before jupyter_client 7 there is no choice
    if os.name == "nt":
        return  # there are no process groups
    factory = KernelProvisionerFactory.instance()
    if factory.default_provisioner_name == "local-provisioner":
        factory.provisioners["pawl"] = EntryPoint("pawl", "_pawl.notebooks.provisioner:Provisioner", factory.GROUP_NAME)
        factory.default_provisioner_name = "pawl"
