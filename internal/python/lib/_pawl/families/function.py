"""Tasks that call a function."""
from _pawl import dotted, signatures


def run(task):
    function = task.source.primitive
    keywords = dict(task.params)
    if task.serializer:
        del keywords["product"]
    if task.unserializer and "upstream" in keywords:
        keywords["upstream"] = loaded(keywords["upstream"], dotted.find(task.unserializer["path"]), task.unserializer)
    signatures.must_take(function, keywords)
    returned = called(task._request, function, keywords)
    if not task.serializer:
        return
    if returned is None:
        raise ValueError("function %r returned None: with a serializer it must return what is to be stored" % task.source.name)
    dotted.call_with(task.serializer, returned, task.product)


def called(request, function, keywords):
    if not request.get("debug"):
        return function(**keywords)
    from _pawl import debugging

    return debugging.call(request, function, keywords)


def loaded(upstream, unserialize, spec):
    """What upstream tasks stored, in the place of their products."""
    more = spec.get("args") or {}
    found = {}
    for name in upstream:
        product = upstream[name]
        if type(product) is dict:  # a group
            found[name] = {n: unserialize(p, **more) for n, p in product.items()}
        else:
            found[name] = unserialize(product, **more)
    return found
