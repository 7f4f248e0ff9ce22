"""The PyQt5 window. Importing the package does not import Qt: the command line shares this program's `__main__`.

`app` starts it (`app.open_window` is what the command calls), `main_window` lays it out, and `session` says what it
does. What is known without a widget stands in `queue_model`, `form_model` and `edit_history`. `engine_facade` is the
one door to all that processes, and everything behind it runs off the window's own thread: in `clip_run` one job at a
time, in a `background_worker` what is quick.
"""
