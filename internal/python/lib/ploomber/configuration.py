"""Settings of pipelines that Python code makes."""


class DAGConfiguration(object):
    """What decides whether tasks are outdated, and how their code is found."""

    _DEFAULTS = {
        "outdated_by_code": True,
        "cache_rendered_status": False,
        "hot_reload": False,
        "track_imports": False,
        "logging_factory": None,
        "differ": None,
    }

    def __init__(self):
        self.__dict__.update(self._DEFAULTS)

    @classmethod
    def from_dict(cls, settings):
        self = cls()
        for name, value in settings.items():
            setattr(self, name, value)
        return self

    def __setattr__(self, name, value):
        if name not in self._DEFAULTS:
            raise AttributeError("%r is no setting of a pipeline; there are %s" % (name, ", ".join(self._DEFAULTS)))
        if isinstance(self._DEFAULTS[name], bool) and not isinstance(value, bool):
            raise ValueError("%s must be True or False" % name)
        self.__dict__[name] = value

    def _described(self):
        return {name: value for name, value in self.__dict__.items() if isinstance(value, bool) and value != self._DEFAULTS[name]}


class DAGConfigurator(object):
    """Makes pipelines with settings."""

    __slots__ = ("_params",)

    def __init__(self, d=None):
        self._params = DAGConfiguration.from_dict(d or {})

    @property
    def params(self):
        return self._params

    def create(self, *args, **keywords):
        """A pipeline with the settings; it takes what DAG takes."""
        import copy

        from ploomber.dag import DAG

        dag = DAG(*args, **keywords)
        dag._params = copy.copy(self._params)
        return dag

    def __setattr__(self, name, value):
        if name != "_params":
            raise AttributeError("a DAGConfigurator has its settings in params: write configurator.params.%s = ..." % name)
        super(DAGConfigurator, self).__setattr__(name, value)
