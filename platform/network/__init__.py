"""What dealer groups and car makers run: standards, audits, escalations, benchmarks."""
