"""Figures and reports (handbook §12, §15). Only reads, so its SQL may look into every app's tables: a figure is
about several of them, and asking each app row by row would cost a thousand times more."""
