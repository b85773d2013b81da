"""Standard packs: what a CRC standard asks for, as data; and the simulation that shows it.

Pure of any tenant: a dealership runs packs, the network writes them. The app has no models; it is
one so that its management command and its words are found.
"""
