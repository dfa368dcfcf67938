"""Whether functions can be called with what they will get."""

def parameters(function):
    """The parameters that can be given by name, and whether any other can."""
    if type(function) is _Plain and not function.__dict__:
        return plain_parameters(function)
    import inspect

    named, any_name = {}, False
    for p in inspect.signature(function).parameters.values():
        if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY):
            named[p.name] = p.default is p.empty
        elif p.kind == p.VAR_KEYWORD:
            any_name = True
        elif p.kind == p.POSITIONAL_ONLY and p.default is p.empty:
            raise TypeError("%s takes %r by position only" % (name_of(function), p.name))
    return named, any_name


_Plain = type(lambda: None)
_TAKES_ANY_NAME = 8  # a flag of code


def plain_parameters(function):
    """As parameters, for what most functions are, at less than the cost."""
    code, defaults = function.__code__, function.__defaults__ or ()
    count = code.co_argcount
    if code.co_posonlyargcount:
        by_position = code.co_varnames[: min(code.co_posonlyargcount, count - len(defaults))]
        if by_position:
            raise TypeError("%s takes %r by position only" % (name_of(function), by_position[0]))
    named = {n: i < count - len(defaults) for i, n in enumerate(code.co_varnames[:count]) if i >= code.co_posonlyargcount}
    given = function.__kwdefaults__ or {}
    for n in code.co_varnames[count : count + code.co_kwonlyargcount]:
        named[n] = n not in given
    return named, bool(code.co_flags & _TAKES_ANY_NAME)


def name_of(function):
    return "%s()" % getattr(function, "__qualname__", type(function).__qualname__)


def problem(function, given):
    """Why a task's function can't take what it will be given, or None."""
    try:
        named, any_name = parameters(function)
    except TypeError as error:
        return str(error)
    except ValueError:  # a function of C that does not tell
        return None
    missing = [n for n, required in named.items() if required and n not in given]
    extra = [] if any_name else [n for n in given if n not in named]
    told = []
    if missing:
        told.append("it asks for %s, which the task does not have" % quoted(missing))
    if extra:
        told.append("it does not take %s" % quoted(extra))
    if not told:
        return None
    text = "%s can't be called: %s" % (name_of(function), " and ".join(told))
    if "upstream" in missing:
        text += ". A task has `upstream` only where its code names an upstream task, as in upstream[\"name\"]"
    elif "upstream" in extra:
        text += ". Its task has upstream tasks: add the parameter `upstream`"
    elif "product" in missing:
        text += ". With a serializer, a function returns its result and gets no `product`"
    elif "product" in extra:
        text += ". Add the parameter `product`, or set a serializer to store what it returns"
    return text


def must_take(function, given):
    told = problem(function, given)
    if told:
        raise TypeError(told)


def hook_problem(function, offered, own=()):
    """Why a hook can't be called with some of what is offered, or None."""
    try:
        named, any_name = parameters(function)
    except TypeError as error:
        return str(error)
    except ValueError:
        return None
    missing = [n for n, required in named.items() if required and n not in offered and n not in own]
    extra = [] if any_name else [n for n in own if n not in named]
    if missing:
        return "hook %s asks for %s; hooks get %s" % (name_of(function), quoted(missing), quoted(offered))
    if extra:
        return "hook %s does not take %s" % (name_of(function), quoted(extra))
    return None


def call_hook(function, offered, own):
    """Calls a hook with what it requires of what is offered, and its own."""
    told = hook_problem(function, offered, own)
    if told:
        from ploomber.exceptions import CallbackSignatureError

        raise CallbackSignatureError(told)
    try:
        required = [n for n, is_required in parameters(function)[0].items() if is_required]
    except ValueError:
        required = []
    keywords = {n: offered[n] for n in required if n in offered}
    keywords.update(own)
    return function(**keywords)


def quoted(names):
    return ", ".join("`%s`" % n for n in names)
