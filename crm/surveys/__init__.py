"""Questionnaires sent to customers, and all answers."""
