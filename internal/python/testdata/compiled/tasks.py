"""A module that has not just changed, which is compiled before tasks are forked."""


def make(product):
    from _pawl import compiled

    kept = [code for _, code in compiled._codes.values()]
    print(*(any(c is make.__code__ for c in code.co_consts) for code in kept))
