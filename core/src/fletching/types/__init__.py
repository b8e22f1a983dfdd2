"""How values cross a task boundary: one transformer for each type, found by `fletching.types.engine`."""
