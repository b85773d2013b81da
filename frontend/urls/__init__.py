"""Addresses, one module per area; sanfang.urls puts them together by kind of host."""
