"""The PyQt5 window. Importing the folder must not import Qt: the command line shares this program's `__main__`.

app            starts: environment, application, crash net, translation; `open_window` is called from here
main_window    layout, menus and actions, nothing decided
queue_model, form_model, edit_history   what the window knows, without a widget
engine         the one door to the engine; everything behind it runs off the window's own thread
worker, desk   the threads: one run at a time, and one for everything quick
"""
