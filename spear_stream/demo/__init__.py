"""`spear-stream demo`: watch the detector at work, without a broker."""

from spear_stream.demo.run import run_demo

__all__ = ["run_demo"]
