"""Functions that make pipelines, called with words of a command line.

    {"path": "a.b.c", "args": {...}, "words": ["--n=1", "fit"], "env": [[["a", "b"], "value"]]}
"""
import argparse
import inspect

from _pawl import dotted


class ArgumentError(ValueError):
    """The words do not fit the function."""


class Words(argparse.ArgumentParser):
    def error(self, message):
        raise ArgumentError("%s takes %s: %s" % (self.prog, self.format_usage().partition(self.prog)[2].strip() or "nothing", message))


def make(factory):
    """Calls a factory and returns its pipeline."""
    from ploomber.dag import DAG

    path = factory["path"]
    function = dotted.find(path)
    keywords = dict(factory.get("args") or {})
    if factory.get("words"):
        keywords.update(read(function, path, factory["words"]))
    for names, value in factory.get("env") or []:
        if not hasattr(function, "_env_dict"):
            raise ArgumentError("%s has no env, which @with_env would give it: there is nothing for --env--%s" % (path, "--".join(names)))
        keywords["env__" + "__".join(names)] = value
    missing = [p.name for p in parameters(function) if p.default is p.empty and p.name not in keywords]
    if missing:
        raise ArgumentError("%s needs %s: write %s" % (path, ", ".join(missing), " ".join("--%s VALUE" % name for name in missing)))
    dag = function(**keywords)
    if not isinstance(dag, DAG):
        raise TypeError("%s returned %s and no DAG" % (path, "None" if dag is None else "a " + type(dag).__name__))
    return dag


def parameters(function):
    """The parameters that words are for."""
    found = list(inspect.signature(function).parameters.values())
    if hasattr(function, "_env_dict"):
        found = found[1:]  # env itself
    return [p for p in found if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]


def read(function, path, words):
    """The arguments that words are: by position where a parameter is required,
    and by --name."""
    words, given = list(words), {}
    required = [p for p in parameters(function) if p.default is p.empty]
    parser = Words(prog=path, add_help=False)
    by_name = {word[2:].partition("=")[0] for word in words if word.startswith("--")}
    for p in parameters(function):
        kind = p.annotation if p.annotation in (int, float, str, bool) else str
        if p in required and p.name not in by_name:
            parser.add_argument(p.name, type=kind)
        elif kind is bool and p not in required:
            parser.add_argument("--" + p.name, action="store_false" if p.default else "store_true", default=argparse.SUPPRESS)
        else:
            parser.add_argument("--" + p.name, type=kind, default=argparse.SUPPRESS)
    given.update(vars(parser.parse_args(words)))
    return given
