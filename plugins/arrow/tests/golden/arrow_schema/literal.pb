
2B0
@/data&
$parquetarrow"a: int64
s: string