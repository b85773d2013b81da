"""Sanfang 三访: the Django project and what every part of the product stands on."""
