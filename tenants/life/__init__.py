"""The life of a tenant as a whole: taken along, backed up, restored, left, erased (ADR 0014)."""
