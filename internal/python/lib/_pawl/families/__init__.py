"""The families of tasks: the module NAME has run(task) for tasks of that family.

run is called in the task's own process, in its working directory, with the
folders of File products there. It returns nothing and raises what went wrong.
What comes before and after is in _pawl.runs.
"""
