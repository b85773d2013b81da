"""Providers that carry messages for money, each behind :class:`sanfang.messaging.gateways.Gateway`.

Their libraries are imported when the first message leaves, so that only processes that send pay for them.
"""
