"""Figures as they are read, and their charts."""

from typing import Any

from django import template
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crm.reports.counting import Figure
from crm.reports.periods import Month
from frontend import charts

register = template.Library()


@register.filter
def figure(one: Figure, unit: str) -> str:
    """``96.4`` or ``1,204``; a dash where there is nothing to divide by."""
    value = one.value
    return "–" if value is None else charts.number(value, percent=unit == "percent")


@register.filter
def change(value: float, unit: str) -> str:
    """Without its sign, which an arrow says."""
    return charts.number(abs(value), percent=unit == "percent")


@register.filter
def spark(values: list[float | None]) -> charts.Spark | None:
    return charts.spark(values)


@register.filter
def month(one: Month) -> str:
    return date_format(one.first, _("Y年n月"))


@register.inclusion_tag("frontend/kpis/_bullet.html")
def bullet(value: float | None, target: Any, met: bool | None) -> dict[str, Any]:
    """How far a percentage is, with the :class:`~sanfang.standards.kpis.Target` as a tick."""
    shown = None if value is None else round(min(max(value, 0), 100), 1)
    return {"value": shown, "target": target.number if target else None, "met": met}


@register.inclusion_tag("frontend/kpis/_trend.html")
def trend(page: Any) -> dict[str, Any]:
    """The chart of a KPI's page (:class:`crm.reports.queries.KpiPage`)."""
    kpi = page.kpi
    labels = [date_format(one.first, _("n月")) for one, _figure in page.months]
    values = [one.value for _month, one in page.months]
    goal = float(kpi.target.number) if kpi.target else None
    return {
        "chart": charts.trend(values, labels, percent=kpi.unit == "percent", target=goal),
        "title": kpi.title,
        "any": any(one is not None for one in values),
    }
