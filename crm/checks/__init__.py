"""Conformance checks 抽检: did calls follow the script (规范率, handbook §3)?"""
