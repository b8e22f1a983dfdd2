Barrow"a: int64
s: string