"""Names that are there so that imports work, and say what to do instead when
they are used."""
from ploomber.exceptions import NotOffered


def absent(name, instead):
    """A class that can be imported and subclassed, but not made."""

    def refuse(self, *args, **keywords):
        raise NotOffered("%s is not offered by pawl: %s" % (name, instead))

    return type(name, (object,), {"__init__": refuse, "__doc__": "Not offered: " + instead})


lazily_load_entry_point = absent("lazily_load_entry_point", "call `pawl status` in the project's folder")
