"""What is told of a build, as columns."""


class Table(object):
    """Columns by name, and rows as dictionaries."""

    def __init__(self, rows, columns=None):
        rows = [dict(row) for row in rows]
        names = list(columns) if columns is not None else []
        for row in rows:
            names += [n for n in row if n not in names]
        self.values = {n: [row.get(n) for row in rows] for n in names}
        self._rows = rows

    @property
    def rows(self):
        return [dict(row) for row in self._rows]

    def __getitem__(self, column):
        return self.values[column]

    def __iter__(self):
        return iter(self.values)

    def __len__(self):
        return len(self.values)

    def __str__(self):
        columns = [[name] + [_cell(v) for v in values] for name, values in self.values.items()]
        widths = [max(len(c) for c in column) for column in columns]
        lines = ["  ".join(c.ljust(w) for c, w in zip(line, widths)).rstrip() for line in zip(*columns)]
        if lines:
            lines.insert(1, "  ".join("-" * w for w in widths))
        return "\n".join(lines)

    __repr__ = __str__

    def _markdown(self):
        rows = [list(self.values)] + [["---"] * len(self.values)] + [[_cell(v) for v in line] for line in zip(*self.values.values())]
        return "\n".join("| %s |" % " | ".join(row) for row in rows)

    def _repr_html_(self):
        import html

        lines = "".join("<tr>%s</tr>" % "".join("<td>%s</td>" % html.escape(_cell(v)) for v in line) for line in zip(*self.values.values()))
        heads = "".join("<th>%s</th>" % html.escape(n) for n in self.values)
        return "<table><tr>%s</tr>%s</table>" % (heads, lines)


def _cell(value):
    return "" if value is None else "%g" % value if isinstance(value, float) else str(value)


class BuildReport(Table):
    """One row for each task: whether it ran, and how long."""

    def __init__(self, rows):
        super(BuildReport, self).__init__(rows, ["name", "Ran?", "Elapsed (s)", "Percentage"])


class StatusReport(Table):
    """One row for each task: when it ran, and whether it is up to date."""
