def first(product, sample, rows, all, mapped, price, upper, joined, optional, mixed, literal, chosen, imported,
          merged, comment):
    pass


def second(product, upstream):
    upstream['this is not looked at']
