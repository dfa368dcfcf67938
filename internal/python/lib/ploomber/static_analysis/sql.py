"""The relations that SQL makes."""
import re

_CREATE = re.compile(
    r"\bcreate\s+(?:or\s+replace\s+)?(?:(?:global|local|temp|temporary|unlogged|materialized)\s+)*"
    r"(table|view)\s+(?:if\s+not\s+exists\s+)?"
    r'((?:"[^"]*"|\[[^\]]*\]|`[^`]*`|[\w$]+)(?:\s*\.\s*(?:"[^"]*"|\[[^\]]*\]|`[^`]*`|[\w$]+))?)',
    re.IGNORECASE,
)
_COMMENT = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_PART = re.compile(r'"[^"]*"|\[[^\]]*\]|`[^`]*`|[\w$]+')


class ParsedSQLRelation(object):
    """(schema, name, kind), as the statement writes them."""

    def __init__(self, schema, name, kind):
        self.schema = schema
        self.name = name
        self.kind = kind

    def __eq__(self, other):
        return (self.schema, self.name, self.kind) == (other.schema, other.name, other.kind)

    def __hash__(self):
        return hash((self.schema, self.name, self.kind))

    def __str__(self):
        return self.name if self.schema is None else "%s.%s" % (self.schema, self.name)

    def __repr__(self):
        parts = (self.name, self.kind) if self.schema is None else (self.schema, self.name, self.kind)
        return "ParsedSQLRelation(%r)" % (parts,)


def created_relations(sql, split_source=None):
    """The relations that CREATE statements make, in their order."""
    bare = _COMMENT.sub(lambda m: m.group() if m.group().startswith("'") else " ", sql)
    found = []
    for match in _CREATE.finditer(bare):
        parts = _PART.findall(match.group(2))
        schema = parts[0] if len(parts) == 2 else None
        found.append(ParsedSQLRelation(schema, parts[-1], match.group(1).lower()))
    return found


def name_from_create_statement(statement):
    """The only relation that a statement makes."""
    found = created_relations(statement)
    if len(found) != 1:
        raise ValueError("expected one CREATE TABLE or CREATE VIEW, and found %d" % len(found))
    return found[0]
