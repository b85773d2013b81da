"""Health, logs, metrics and the embedded development stack. Stands outside the layers."""
