"""Many files: a job run with its audit, batches of jobs, rendering again what an audit found."""
