"""Migrations for every tenant: planned once for all schemas of one state, applied in one round trip each.

The stock command plans for each tenant anew, which takes a second of CPU and several look-ups through the whole
catalogue each time: more than an hour for a thousand tenants, with nothing to do (tenancy lab §4). Here

- ``states``  asks in one round trip what every schema has;
- ``plans``   says what is missing, and writes it down as SQL;
- ``steps``   applies that to one schema;
- ``fleet``   goes through all of them: templates first, then canaries, then the rest side by side.
"""
