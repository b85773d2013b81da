"""Vehicles, who owned them when, deliveries and repair orders."""
