"""Executors, as pipelines name them. pawl runs the tasks; these hold settings."""

__path__ = []  # modules below are found elsewhere


class Executor(object):
    def _described(self):
        """The settings that count for pawl; None for one task at a time."""
        return None

    def __repr__(self):
        return "%s(%s)" % (type(self).__name__, ", ".join("%s=%r" % item for item in vars(self).items()))


class Serial(Executor):
    """One task at a time."""

    def __init__(self, build_in_subprocess=True, catch_exceptions=True, catch_warnings=True):
        self.build_in_subprocess = build_in_subprocess
        self.catch_exceptions = catch_exceptions
        self.catch_warnings = catch_warnings


class Parallel(Executor):
    """As many tasks at a time as there are processes; None stands for the processors."""

    def __init__(self, processes=None, print_progress=False, start_method=None):
        self.processes = processes
        self.print_progress = print_progress
        self.start_method = start_method

    def _described(self):
        return parallel(self.processes)


class ParallelDill(Executor):
    """As Parallel."""

    def __init__(self, processes=None, print_progress=False):
        self.processes = processes
        self.print_progress = print_progress

    def _described(self):
        return parallel(self.processes)


def parallel(processes):
    if processes is None:
        return "parallel"
    return {"dotted_path": "ploomber.executors.Parallel", "processes": processes}
