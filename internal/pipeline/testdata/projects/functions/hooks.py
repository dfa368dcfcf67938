def finish(product):
    pass


def failed(task, extra):
    pass
