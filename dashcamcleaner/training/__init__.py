"""The training line: from clips and labelled folders to weights with their metadata.

    clips ─ harvest ─► pictures ─ label ─► labels ─ fit ─► checkpoint ─ evaluate ─► figures ─ export ─► weights

Each step is one module and one command (`dashcamcleaner train harvest|label|fit|evaluate|export`), reads and writes
plain folders, and goes on where it was killed. Everything heavy (torch, Ultralytics) is imported inside the steps,
because the package belongs to the optional extra ``train``. Nothing but the command line knows this package.
"""
