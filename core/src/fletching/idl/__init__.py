"""Tasks to Flyte protobufs."""
