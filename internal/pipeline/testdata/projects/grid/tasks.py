def one(product, a, b, c):
    pass


def two(product, a, constant, b=None):
    pass


def join(product, upstream):
    upstream['one-*'], upstream['two-*-[xy]'], upstream['two-5-']


def none(product, a):
    pass


def odd(product, m, n):
    pass


def dated(product, d):
    pass
