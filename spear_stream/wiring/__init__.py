"""Composition root: settings in, a running service out."""
