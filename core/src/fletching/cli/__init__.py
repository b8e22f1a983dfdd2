"""The commands of ``fletch``."""
