"""Reads a PromQL expression against the metrics that there are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import promql_parser as promql

Exported = Mapping[str, frozenset[str]]
"""The labels of every metric."""

TARGET = frozenset({"job", "instance"})
"""Labels that Prometheus puts on everything it scrapes."""
BUCKET = frozenset({"le"})
COUNTING = {"rate", "irate", "increase"}
COUNTED = ("_total", "_bucket", "_sum", "_count")
CHOOSING = {"topk", "bottomk"}
UNLABELLED = {"absent", "absent_over_time", "scalar"}
PATTERNS = (promql.MatchOp.Re, promql.MatchOp.NotRe)


@dataclass(frozen=True)
class Asked:
    """A value that a selector compares a label with."""

    metric: str
    label: str
    value: str


@dataclass(frozen=True)
class Query:
    labels: frozenset[str]
    """Of the result: what legends and annotations may show."""
    asked: tuple[Asked, ...]


def read(expression: str, exported: Exported) -> Query:
    """Raises ValueError where Prometheus would refuse the expression, or it asks for what there is not."""
    parsed = promql.parse(expression.replace("$__rate_interval", "5m"))
    selectors = _selectors(parsed)
    if not selectors:
        raise ValueError("no metric at all")
    return Query(_labels(parsed, exported), tuple(a for selector in selectors for a in _asked(selector)))


def _selectors(expr: promql.Expr) -> list[promql.VectorSelector]:
    found: list[promql.VectorSelector] = []
    promql.walk(expr, lambda node: found.append(node) if isinstance(node, promql.VectorSelector) else None)
    return found


def _asked(selector: promql.VectorSelector) -> Iterable[Asked]:
    for matcher in selector.matchers.matchers:
        for value in matcher.value.split("|") if matcher.op in PATTERNS else [matcher.value]:
            yield Asked(selector.name or "", matcher.name, value)


def _labels(expr: promql.Expr, exported: Exported) -> frozenset[str]:
    match expr:
        case promql.VectorSelector():
            return _selected(expr, exported)
        case promql.Call():
            return _called(expr, exported)
        case promql.AggregateExpr():
            return _aggregated(expr, exported)
        case promql.BinaryExpr():
            return _joined(expr, exported)
        case (
            promql.MatrixSelector(vector_selector=inner)
            | promql.SubqueryExpr(expr=inner)
            | promql.ParenExpr(expr=inner)
            | promql.UnaryExpr(expr=inner)
        ):
            return _labels(inner, exported)
        case promql.NumberLiteral() | promql.StringLiteral():
            return frozenset()
        case _:
            raise TypeError(f"unknown to this reader: {expr}")


def _selected(selector: promql.VectorSelector, exported: Exported) -> frozenset[str]:
    if selector.matchers.or_matchers:
        raise ValueError("'or' between matchers is no PromQL, though the parser takes it")
    name = selector.name or ""
    if name not in exported:
        raise ValueError(f"no metric {_text(selector)}")
    labels = exported[name] | TARGET
    _require(name, labels, (matcher.name for matcher in selector.matchers.matchers))
    return labels


def _called(call: promql.Call, exported: Exported) -> frozenset[str]:
    name = call.func.name
    labels = frozenset[str]().union(*(_labels(arg, exported) for arg in call.args))
    if name in COUNTING:
        for selector in _selectors(call):
            if not (selector.name or "").endswith(COUNTED):
                raise ValueError(f"{selector.name} does not count")
    if name == "histogram_quantile":
        _require(_text(call.args[1]), labels, BUCKET)
        return labels - BUCKET
    return frozenset() if name in UNLABELLED else labels


def _aggregated(expr: promql.AggregateExpr, exported: Exported) -> frozenset[str]:
    labels = _labels(expr.expr, exported)
    modifier = expr.modifier
    grouping = frozenset(modifier.labels if modifier else ())
    _require(_text(expr.expr), labels, grouping)
    if str(expr.op) in CHOOSING:
        return labels
    return labels - grouping if modifier and modifier.type == promql.AggModifierType.Without else grouping


def _joined(expr: promql.BinaryExpr, exported: Exported) -> frozenset[str]:
    left, right = _labels(expr.lhs, exported), _labels(expr.rhs, exported)
    modifier = expr.modifier
    if modifier is None:  # without a vector on the left it has the labels of the right
        return left or right
    matched = frozenset(modifier.matching.labels if modifier.matching else ())
    is_on = modifier.matching is not None and modifier.matching.type == promql.LabelModifierType.Include
    if is_on:
        _require(_text(expr.lhs), left, matched)
        _require(_text(expr.rhs), right, matched)
    else:
        _require(_text(expr), left | right, matched)
    match modifier.card:
        case promql.VectorMatchCardinality.ManyToMany:
            return left & right if str(expr.op) == "or" else left
        case promql.VectorMatchCardinality.ManyToOne:
            return left | _copied(expr.rhs, right, modifier)
        case promql.VectorMatchCardinality.OneToMany:
            return right | _copied(expr.lhs, left, modifier)
        case _:
            return matched if is_on else (left or right) - matched


def _copied(one: promql.Expr, labels: frozenset[str], modifier: promql.BinModifier) -> frozenset[str]:
    copied = frozenset(modifier.group_labels or ())
    _require(_text(one), labels, copied)
    return copied


def _require(of: str, labels: frozenset[str], wanted: Iterable[str]) -> None:
    if missing := set(wanted) - labels:
        raise ValueError(f"{of} has no label {', '.join(sorted(missing))}")


def _text(expr: promql.Expr) -> str:
    return " ".join(expr.prettify().split())
