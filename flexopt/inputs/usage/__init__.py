"""Usage exports -> chargeable days."""

from flexopt.inputs.usage.read import read_usage, usage_from_frame

__all__ = ["read_usage", "usage_from_frame"]
