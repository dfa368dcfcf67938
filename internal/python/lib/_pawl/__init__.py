"""What pawl runs inside of a project's Python.

    child      the start of a fresh process
    template   the start of a process that forks children (sent by pawl)
    preload    imports libraries ahead of the tasks that need them
    serve      answers requests, one line of JSON each way
    requests   the kinds of requests
    modules    what keeps modules from being imported
    debugging  looking into a task that has failed
    runs       one task, from its objects to its hooks
    factories  functions that make pipelines
    describe   a pipeline that code has made, as pawl reads it
    made       that pipeline, for what lives in it alone
    owner      builds a pipeline of this process
    stem       forks tasks from a process that has a pipeline
    families   what sets the families of tasks apart, a module for each

User code is never imported by a template, only by the processes that it forks
or that are started afresh. So a task finds its modules as a new Python would.
"""
