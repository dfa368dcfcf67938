import sys

sys.path[:1] = []  # the working directory: nothing of it is imported
import importlib.util
import json

packages = {}
for name in ("papermill", "nbclient", "ploomber_engine", "psycopg2", "psycopg", "boto3", "ipykernel"):
    if importlib.util.find_spec(name) is not None:
        packages[name] = ""
        try:
            from importlib.metadata import version

            packages[name] = version(name.replace("_", "-"))
        except Exception:
            pass  # it is there under another name
kernels = {}
try:
    from jupyter_client.kernelspec import KernelSpecManager

    for name, spec in KernelSpecManager().get_all_specs().items():
        kernels[name] = (spec["spec"].get("argv") or [name])[0]
except Exception:
    pass  # there is no Jupyter, and no kernel
print("\n" + json.dumps({"version": "%d.%d.%d" % sys.version_info[:3], "packages": packages, "kernels": kernels}))
