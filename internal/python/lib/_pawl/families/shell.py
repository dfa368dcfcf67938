"""Shell scripts that have a client or hooks."""


def run(task):
    client = task.client
    if client is None:
        from ploomber.clients import ShellClient

        client = ShellClient()
    client.execute(str(task.source))
