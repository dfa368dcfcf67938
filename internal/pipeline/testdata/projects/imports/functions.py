def start(product):
    pass


def end(product, upstream):
    upstream['step']
