"""Delays of every flight that left New York in 2013: SQL tasks, Python tasks and an echo, run at once."""
