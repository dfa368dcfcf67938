"""Settings for functions: with_env gives them to one, load_env to those below."""
import functools
import inspect

from ploomber import _placeholders

__path__ = []  # modules below are found elsewhere


class Section(object):
    """Values by name, as attributes and as items."""

    def __init__(self, values):
        self._values = {k: Section(v) if isinstance(v, dict) else v for k, v in values.items()}

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError("the env has no %r; it has %s" % (name, ", ".join(self._values))) from None

    def __getitem__(self, name):
        return self._values[name]

    def get(self, name, default=None):
        return self._values.get(name, default)

    def keys(self):
        return self._values.keys()

    def items(self):
        return self._values.items()

    def values(self):
        return self._values.values()

    def __iter__(self):
        return iter(self._values)

    def __len__(self):
        return len(self._values)

    def __contains__(self, name):
        return name in self._values

    def __eq__(self, other):
        return self._values == (other._values if isinstance(other, Section) else other)

    __hash__ = None

    def __str__(self):
        return str({k: v._plain() if isinstance(v, Section) else v for k, v in self._values.items()})

    def _plain(self):
        return {k: v._plain() if isinstance(v, Section) else v for k, v in self._values.items()}

    def __repr__(self):
        return "%s(%s)" % (type(self).__name__, self)


class Env(Section):
    """The settings of a dictionary, or of a file. There is one at a time."""

    _current = None

    def __init__(self, source=None):
        if Env._current is not None:
            raise RuntimeError("there is an Env already: call Env.end() first, or Env.load() to get it")
        super(Env, self).__init__(_placeholders.settings("env.yaml" if source is None else source))
        Env._current = self

    @classmethod
    def load(cls):
        """The settings that there are."""
        if Env._current is None:
            raise RuntimeError("there is no Env: make one with Env(), or call this below a function with @with_env")
        return Env._current

    @classmethod
    def end(cls):
        Env._current = None


def with_env(source):
    """Gives a function settings as its first parameter, env.

    The source is a dictionary or a file. Whoever calls the function can replace
    values: env__a__b=1 is for b in the section a.
    """

    def decorate(function):
        _must_take_env(function, "with_env")
        if isinstance(source, dict):
            _placeholders.check(source)

        @functools.wraps(function)
        def call(*args, **keywords):
            replaced = {name: keywords.pop(name) for name in list(keywords) if name.startswith("env__")}
            values = _placeholders.raw("env.yaml" if source is None else source)
            for name, value in replaced.items():
                _replace(values[0], name.split("__")[1:], value)
            env = Env.__new__(Env)
            if Env._current is not None:
                raise RuntimeError("%s can't have an env: a function with @with_env that is not over has one" % function.__name__)
            Section.__init__(env, _placeholders.expand(*values))
            Env._current = env
            try:
                return function(env, *args, **keywords)
            finally:
                Env.end()

        call._env_dict = source
        return call

    return decorate


def load_env(function):
    """Gives a function the settings that there are as its parameter env."""
    _must_take_env(function, "load_env")

    @functools.wraps(function)
    def call(*args, **keywords):
        return function(Env.load(), *args, **keywords)

    return call


def _must_take_env(function, decorator):
    names = list(inspect.signature(function).parameters)
    if not names or names[0] != "env":
        raise RuntimeError("@%s gives a function settings as its first parameter, which must be `env`: %s has %s" % (decorator, function.__name__, ", ".join(names) or "none"))


def _replace(values, path, value):
    for name in path[:-1]:
        values = values.get(name) if isinstance(values, dict) else None
    if not isinstance(values, dict) or path[-1] not in values:
        raise KeyError("env__%s replaces nothing: the env has no such value" % "__".join(path))
    values[path[-1]] = value
