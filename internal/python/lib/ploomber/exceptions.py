"""What is raised here, and what user code may raise or catch."""


class BaseException(Exception):
    """An error with a message for people."""

    def __init__(self, message="", type_=None):
        super(BaseException, self).__init__(message)
        self.message = message
        self.type_ = type_


class RawBaseException(BaseException):
    pass


class DAGBuildEarlyStop(Exception):
    """Raise it in a task or a hook to end a build without a failure."""


class DAGRenderError(Exception):
    pass


class DAGBuildError(Exception):
    pass


class DAGWithDuplicatedProducts(BaseException):
    pass


class TaskInitializationError(BaseException):
    pass


class TaskBuildError(BaseException):
    pass


class SQLTaskBuildError(TaskBuildError):
    def __init__(self, type_, source_code, original):
        super(SQLTaskBuildError, self).__init__("%s failed: %s\n%s" % (getattr(type_, "__name__", type_), original, source_code))
        self.source_code = source_code
        self.original = original


class DebuggingFinished(TaskBuildError):
    def __init__(self, task_name):
        super(DebuggingFinished, self).__init__("the debugger has ended in task %r" % task_name)


class TaskRenderError(Exception):
    pass


class RenderError(Exception):
    pass


class SourceInitializationError(BaseException):
    pass


class MissingParametersCellError(SourceInitializationError):
    pass


class CallbackSignatureError(Exception):
    """A hook asks for what hooks do not get."""


class CallbackCheckAborted(Exception):
    pass


class UpstreamKeyError(KeyError):
    """A task has asked for an upstream task that it does not have."""

    def __str__(self):
        return str(self.args[0]) if self.args else ""


class DAGSpecInitializationError(BaseException):
    pass


class DAGSpecInvalidError(Exception):
    pass


class DAGCycle(Exception):
    def __init__(self):
        super(DAGCycle, self).__init__("the tasks depend on each other in a circle")


class SpecValidationError(Exception):
    def __init__(self, errors, model, kwargs):
        super(SpecValidationError, self).__init__(errors)
        self.errors = errors
        self.model = model
        self.kwargs = kwargs


class RemoteFileNotFound(Exception):
    pass


class MissingClientError(Exception):
    pass


class ValidationError(BaseException):
    pass


class MissingKeysValidationError(ValidationError):
    def __init__(self, message, missing_keys):
        super(MissingKeysValidationError, self).__init__(message)
        self.missing_keys = missing_keys


class NetworkException(BaseException):
    def __init__(self, error_message, code=None):
        super(NetworkException, self).__init__(error_message)
        self.code = code


class PlotException(RawBaseException):
    pass


class NotOffered(RuntimeError):
    """What pawl does in another way, which the message tells."""
