"""The PyQt5 window. Importing the package does not import Qt: the command line shares this program's `__main__`.

`app` starts it (`app.open_window` is what the command calls), `main_window` lays it out, and `session` says what it
does. What is known without a widget stands in `queue_model`, `form_model` and `edit_history`. What
processes stands behind `engine_facade`, `review_service` and `scenes_service`, and runs off the window's own thread: in
`clip_run` one job at a time, in a `background_worker` what is quick.
"""
