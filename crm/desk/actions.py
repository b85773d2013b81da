"""What people do at their desk."""

from crm.desk.handing import answer, ask
from crm.desk.saved import change, forget, save

__all__ = ["answer", "ask", "change", "forget", "save"]
