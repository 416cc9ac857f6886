"""Usage exports -> chargeable days."""

from flexopt.inputs.usage.read import products_in, read_usage, usage_from_frame

__all__ = ["products_in", "read_usage", "usage_from_frame"]
