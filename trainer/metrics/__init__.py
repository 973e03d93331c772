"""Measures of detection quality; pure functions of labels, scores and alerts."""
