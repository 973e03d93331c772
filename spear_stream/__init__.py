"""Streaming anomaly detection for metrics on Kafka with a frozen language model and soft prompts."""

__version__ = "0.1.0"
