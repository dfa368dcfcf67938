"""Placeholders in settings, such as {{here}}."""
import ast
import copy
import os
import re

_PLACEHOLDER = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")


def settings(source):
    return expand(*raw(source))


def raw(source):
    """The values of a dictionary or a file, and the file's folder."""
    if isinstance(source, dict):
        return copy.deepcopy(source), None
    path = os.path.abspath(os.fspath(source))
    values = read_yaml(path)
    if not isinstance(values, dict):
        raise ValueError("%s must hold a mapping" % path)
    meta = values.pop("meta", None) or {}
    if "import_from" in meta:
        imported = raw(os.path.join(os.path.dirname(path), meta["import_from"]))[0]
        values = merge(imported, values)
    return values, os.path.dirname(path)


def read_yaml(path):
    try:
        import yaml
    except ImportError:
        raise ModuleNotFoundError("reading %s needs PyYAML: `pip install pyyaml`" % path) from None
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


def merge(base, over):
    found = dict(base)
    for name, value in over.items():
        old = found.get(name)
        found[name] = merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return found


def expand(values, folder):
    """Replaces placeholders by defaults and by what stands above them."""
    check(values)
    found, known = {}, Defaults(folder)
    for name, value in values.items():
        known.values[name] = found[name] = as_path(value, known) if name == "path" else one(value, known)
    return dict(known.used(), **found)


def check(values, top=True):
    """Refuses names that can't be replaced by env__name=value."""
    for name, value in values.items():
        if "__" in str(name):
            raise RuntimeError("env: the name %r holds two underscores" % name)
        if top and str(name).startswith("_") and name != "_module":
            raise RuntimeError("env: the name %r begins with an underscore" % name)
        if isinstance(value, dict):
            check(value, False)


def one(value, known):
    if isinstance(value, dict):
        return {k: one(v, known) for k, v in value.items()}
    if isinstance(value, list):
        return [one(v, known) for v in value]
    return cast(text(value, known)) if isinstance(value, str) else value


def text(value, known):
    return _PLACEHOLDER.sub(lambda match: str(known.look(match.group(1))), value)


def as_path(value, known):
    import pathlib

    if isinstance(value, dict):
        return {k: as_path(v, known) for k, v in value.items()}
    if not isinstance(value, str):
        return value
    path = os.path.expanduser(text(value, known))
    if path.endswith("/"):
        os.makedirs(path, exist_ok=True)
    return pathlib.Path(path)


def cast(value):
    """A text as the Python literal that it looks like."""
    lowered = value.lower()
    if lowered in ("true", "false"):
        return lowered == "true"
    if lowered in ("none", "null"):
        return None
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return value


class Defaults(object):
    """What placeholders stand for where the settings do not say."""

    def __init__(self, folder):
        self.folder = folder
        self.values = {}

    def look(self, name):
        first, _, rest = name.partition(".")
        if first in self.values:
            value = self.values[first]
            for part in rest.split(".") if rest else []:
                value = value[part]
            return value
        if first == "env" and rest:
            if rest not in os.environ:
                raise KeyError("the env uses the environment variable %r, which is not set" % rest)
            return os.environ[rest]
        make = getattr(self, "_" + name, None)
        if make is None:
            raise ValueError("the env has the placeholder {{%s}}, and no value for it stands above" % name)
        return make()

    def used(self):
        found = {"user": self._user(), "cwd": self._cwd(), "now": self._now()}
        if self.folder:
            found["here"] = self.folder
        return found

    def _user(self):
        import getpass

        return getpass.getuser()

    def _cwd(self):
        return os.getcwd()

    def _here(self):
        if self.folder is None:
            raise ValueError("{{here}} is for settings in a file")
        return self.folder

    def _root(self):
        folder = self.folder or os.getcwd()
        for _ in range(6):
            if any(os.path.exists(os.path.join(folder, name)) for name in ("setup.py", os.environ.get("ENTRY_POINT", "pipeline.yaml"))):
                return folder
            folder = os.path.dirname(folder)
        raise ValueError("{{root}} is for settings in a project: neither pipeline.yaml nor setup.py was found")

    def _now(self):
        import datetime

        return datetime.datetime.now().isoformat()

    def _git(self):
        branch = self._run("symbolic-ref", "--short", "-q", "HEAD")
        return branch or self._git_hash()

    def _git_hash(self):
        found = self._run("describe", "--tags", "--always", "--dirty=-dirty")
        if not found:
            raise ValueError("{{git}} and {{git_hash}} are for settings in a git repository")
        return found

    def _run(self, *words):
        import subprocess

        done = subprocess.run(("git",) + words, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return done.stdout.decode().strip() if done.returncode == 0 else ""
