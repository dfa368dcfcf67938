"""For servers of Jupyter: notebooks that are opened with the parameters of
their tasks."""
