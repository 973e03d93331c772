"""Just enough of PromQL to see which metrics and labels an expression names, without Prometheus."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

AGGREGATIONS = {"sum", "avg", "min", "max", "count", "absent"}
FUNCTIONS = {
    *("rate", "increase", "changes", "deriv"),
    *("avg_over_time", "max_over_time", "histogram_quantile"),
}
COUNTING = {"rate", "increase"}
COUNTED = ("_total", "_bucket", "_sum", "_count")
MATCHING = {"on", "ignoring", "group_left", "group_right"}
WORDS = {"and", "or", "unless", "offset", "bool"}
TARGET = frozenset({"job", "instance"})
"""Labels that Prometheus puts on everything it scrapes."""
BUCKET = frozenset({"le"})

TOKEN = re.compile(r'"[^"]*"|\'[^\']*\'|\[[^\]]*\]|\d[\w.]*|\w+|=~|!~|[!=<>]=|\S')
NAME = re.compile(r"[A-Za-z_]\w*")
JOINED = re.compile(r"\bon\s*\(([^)]*)\)")


@dataclass(frozen=True)
class Use:
    """A metric in an expression, with all the labels that selectors and clauses ask it to have."""

    metric: str
    labels: frozenset[str]
    values: Mapping[str, str]
    """What `label="value"` asks for."""


@dataclass(frozen=True)
class Scope:
    """What is asked of all that is inside a parenthesis."""

    labels: frozenset[str]
    counting: bool = False


@dataclass
class Query:
    """What reading an expression found."""

    uses: list[Use] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    kept: frozenset[str] | None = None
    """Labels of the result, where an aggregation makes them; else it has those of its first metric."""


def read(expression: str) -> Query:
    return _Reader(expression).read()


def faults(expression: str, exported: Mapping[str, frozenset[str]]) -> list[str]:
    """What is wrong with an expression, given the labels of every metric that there is."""
    query = read(expression)
    found = list(query.faults)
    for use in query.uses:
        if use.metric not in exported:
            found.append(f"no metric {use.metric}")
        elif missing := use.labels - exported[use.metric] - TARGET:
            found.append(f"{use.metric} has no label {', '.join(sorted(missing))}")
    return found if query.uses else [*found, "no metric at all"]


def result_labels(expression: str, exported: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Labels that legends and annotations may show."""
    query = read(expression)
    kept = exported[query.uses[0].metric] | TARGET if query.kept is None else query.kept
    return kept - BUCKET


class _Reader:
    def __init__(self, expression: str) -> None:
        self._tokens: list[str] = TOKEN.findall(expression)
        joined = {label.strip() for labels in JOINED.findall(expression) for label in labels.split(",")}
        self._scopes = [Scope(frozenset(joined))]  # both sides have to have these
        self._query = Query()

    def read(self) -> Query:
        while self._tokens:
            self._take(self._tokens.pop(0))
        if len(self._scopes) != 1:
            self._fault("a parenthesis is left open")
        return self._query

    def _take(self, token: str) -> None:
        if token in AGGREGATIONS:
            self._aggregate()
        elif token in MATCHING:
            self._labels()
        elif token == "(":
            self._scopes.append(replace(self._scopes[-1], counting=False))
        elif token == ")":
            self._close()
        elif NAME.fullmatch(token) and token not in WORDS:
            (self._call if self._next() == "(" else self._select)(token)

    def _aggregate(self) -> None:
        kept: frozenset[str] = frozenset()
        if self._next() == "by":
            self._tokens.pop(0)
            kept = self._labels()
        if missing := self._scopes[-1].labels - kept:
            self._fault(f"an aggregation drops {', '.join(sorted(missing))}")
        if not self._query.uses and self._query.kept is None:
            self._query.kept = kept
        self._enter(Scope(kept))

    def _call(self, name: str) -> None:
        if name not in FUNCTIONS:
            self._fault(f"no function {name}")
        buckets = BUCKET if name == "histogram_quantile" else frozenset()
        self._enter(Scope(self._scopes[-1].labels | buckets, counting=name in COUNTING))

    def _select(self, metric: str) -> None:
        matchers = self._until("}") if self._next() == "{" else []
        rows = list(zip(matchers[0::4], matchers[1::4], matchers[2::4], strict=True))
        labels = self._scopes[-1].labels | {name for name, _, _ in rows}
        self._query.uses.append(
            Use(metric, labels, {n: v.strip("\"'") for n, sign, v in rows if sign == "="})
        )
        if self._scopes[-1].counting and not metric.endswith(COUNTED):
            self._fault(f"{metric} does not count")

    def _enter(self, scope: Scope) -> None:
        if self._next() == "(":
            self._tokens.pop(0)
            self._scopes.append(scope)
        else:
            self._fault("no parenthesis where one is due")

    def _close(self) -> None:
        if len(self._scopes) > 1:
            self._scopes.pop()
        else:
            self._fault("a parenthesis closes nothing")

    def _labels(self) -> frozenset[str]:
        return frozenset(self._until(")")) - {","} if self._next() == "(" else frozenset()

    def _until(self, end: str) -> list[str]:
        """The tokens up to `end`, without it and the one that opens."""
        self._tokens.pop(0)
        place = self._tokens.index(end) if end in self._tokens else len(self._tokens)
        taken, self._tokens = self._tokens[:place], self._tokens[place + 1 :]
        return taken

    def _next(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def _fault(self, text: str) -> None:
        self._query.faults.append(text)
