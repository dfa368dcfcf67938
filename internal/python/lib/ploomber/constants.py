"""The states of tasks and pipelines."""
import enum


class TaskStatus(enum.Enum):
    WaitingRender = "waiting_render"
    WaitingExecution = "waiting_execution"
    WaitingUpstream = "waiting_upstream"
    WaitingDownload = "waiting_download"
    Executed = "executed"
    Errored = "errored"
    Aborted = "aborted"
    Skipped = "skipped"
    ErroredRender = "errored_render"
    AbortedRender = "aborted_render"
    BrokenProcessPool = "broken_process_pool"


class DAGStatus(enum.Enum):
    WaitingRender = "waiting_render"
    WaitingExecution = "waiting_execution"
    ErroredRender = "errored_render"
    Executed = "executed"
    Errored = "errored"
