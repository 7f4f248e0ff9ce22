"""DashcamCleaner: clips go in, clips come out in which no face and no number plate can be recognised.

    file ─ probe ─► decode ─► detect ─► track ─► plan ─► obscure ─► encode ─► verify ─► report

`core` holds what flows, `stages` what happens to it, `backends` the engines, `run` conducts, and `cli` and `gui`
ask. ``jobs.run.clean(job)`` is the one entry: a generator of events. Importing this package loads nothing heavy.
"""

__version__ = "0.1.0"
