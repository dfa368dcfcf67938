def helper():
    pass


def fit(product, upstream, alpha, resources_, verbose=False):
    data = upstream['clean']['data']


def last():
    pass
