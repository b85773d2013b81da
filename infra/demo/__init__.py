"""The demo network: an invented car maker, its dealers and their people, with files as a DMS exports them.

Everything is made up and deterministic: the same reference date gives the same bytes. The files go through the
importer like anybody's; nothing here writes to a database past it.
"""
