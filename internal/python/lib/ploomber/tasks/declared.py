"""Tasks that pipeline.yaml declares, and groups of them.

pawl runs them; here they say what they are to hooks. Python code can't build a
pipeline of them.
"""
from ploomber.exceptions import NotOffered
from ploomber.tasks import Task


class Declared(Task):
    """A task that stands in pipeline.yaml."""

    def __init__(self, *args, **keywords):
        raise NotOffered("%s can't be made by Python code: write the task into pipeline.yaml and run `pawl build`" % type(self).__name__)


def declared(name, doc):
    return type(name, (Declared,), {"__doc__": doc, "__module__": __name__})


ShellScript = declared("ShellScript", "A shell script with placeholders.")
SQLScript = declared("SQLScript", "SQL that makes relations.")
SQLDump = declared("SQLDump", "A query whose result goes to files.")
SQLTransfer = declared("SQLTransfer", "A query whose result goes to another database.")
SQLUpload = declared("SQLUpload", "A file that goes to a database.")
PostgresCopyFrom = declared("PostgresCopyFrom", "A file that goes to PostgreSQL in bulk.")
NotebookRunner = declared("NotebookRunner", "A notebook.")
ScriptRunner = declared("ScriptRunner", "A script.")
DownloadFromURL = declared("DownloadFromURL", "A file from the web.")
UploadToS3 = declared("UploadToS3", "A file that goes to a bucket.")
Link = declared("Link", "A product that is there already.")
Input = declared("Input", "A product that others change at any time.")
TaskFactory = declared("TaskFactory", "Makes tasks of functions.")


class TaskGroup(object):
    """Tasks that come before or after others together."""

    def __init__(self, tasks):
        self.tasks = list(tasks)

    @classmethod
    def from_params(cls, *args, **keywords):
        raise NotOffered("TaskGroup.from_params is not offered by pawl: write `grid:` into pipeline.yaml")

    from_grid = from_params

    def set_upstream(self, other, group_name=None):
        for task in self.tasks:
            task.set_upstream(other)

    def __rshift__(self, other):
        for task in other if hasattr(other, "__iter__") else [other]:
            for own in self.tasks:
                task.set_upstream(own)
        return other

    def __add__(self, other):
        return TaskGroup(self.tasks + (list(other) if hasattr(other, "__iter__") else [other]))

    def __iter__(self):
        return iter(self.tasks)

    def __len__(self):
        return len(self.tasks)


def task_factory(_func=None, **factory_kwargs):
    raise NotOffered("task_factory is not offered by pawl: write the task into pipeline.yaml")
