"""A typed client of Countenance."""

from countenance_client.client import Client, NotInTime
from countenance_client.problems import Refused, Unreachable

__all__ = ["Client", "NotInTime", "Refused", "Unreachable"]
