"""Many machines: clips shared out over the workers of a Dask cluster, files wherever fsspec or S3 finds them."""
