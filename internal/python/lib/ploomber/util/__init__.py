"""Ranges of values, for parameters."""


class Interval(object):
    """A range that is cut into pieces of a size; the last one may be shorter."""

    def __init__(self, lower, upper, delta):
        if not lower < upper:
            raise ValueError("an Interval goes up: %r is not below %r" % (lower, upper))
        self.lower = lower
        self.upper = upper
        self.delta = delta

    def expand(self):
        found, start = [], self.lower
        while start < self.upper:
            end = min(start + self.delta, self.upper)
            found.append((start, end))
            start = end
        return found

    def __iter__(self):
        return iter(self.expand())

    def __len__(self):
        return len(self.expand())

    def __repr__(self):
        return "Interval(%r, %r, %r)" % (self.lower, self.upper, self.delta)


class ParamGrid(object):
    """Combinations of parameters: of a map of values, or of several such maps."""

    def __init__(self, grid, params=None):
        self._grids = [grid] if hasattr(grid, "keys") else list(grid)
        self._params = dict(params or {})
        for one in self._grids:
            both = [k for k in one if k in self._params]
            if both:
                raise ValueError("%s are in the grid and among the params" % ", ".join(both))

    def _columns(self, grid):
        return {k: list(v) if hasattr(v, "__iter__") and not isinstance(v, str) else [v] for k, v in grid.items()}

    def product(self):
        """Each value with each other one; the last key changes first."""
        import itertools

        for grid in self._grids:
            columns = self._columns(grid)
            for values in itertools.product(*columns.values()):
                yield dict(zip(columns, values), **self._params)

    def zip(self):
        """The first values, the second values, and so on."""
        for grid in self._grids:
            columns = self._columns(grid)
            if len({len(c) for c in columns.values()}) > 1:
                raise ValueError("zip needs as many values for each key")
            for values in zip(*columns.values()):
                yield dict(zip(columns, values), **self._params)
