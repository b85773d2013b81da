"""Who may see figures and reports. They are about many things at once: capabilities are asked for, not objects."""

KPIS = "kpi.see"
DAILY = {"sales": "report.sales", "service": "report.service"}
EXPORT = "report.export"
"""To take a report out of the product; with full numbers only who may see customers' numbers as well."""
REVEAL = "customer.reveal"
