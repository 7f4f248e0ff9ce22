"""The engine behind HTTP: pictures scored and cleaned at once, clips as jobs in processes of their own.

`options` says how a service is opened, `app` builds it, `server` runs it. No processing of its own.
"""
