"""What a provider would say to a text before it is filed: each fault with its place, its reason and a way out.

Pure functions of text, purpose and provider; the rules are data (providers.yaml, words.yaml).
"""

from sanfang.messaging.linting.linter import Finding, Severity, Text, lint, verdict

__all__ = ["Finding", "Severity", "Text", "lint", "verdict"]
