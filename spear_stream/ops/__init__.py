"""Settings, logs, metrics and the HTTP endpoints; the only code that reads the environment."""
