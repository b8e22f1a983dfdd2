
B
@/data
	parquet