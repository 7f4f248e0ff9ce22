"""*Clean with DashcamCleaner* in the menu of GNOME's file manager (needs its package python3-nautilus)."""

import subprocess

from gi.repository import GObject, Nautilus


class CleanMenu(GObject.GObject, Nautilus.MenuProvider):
    """Offered for clips, pictures and folders; opens them in the window."""

    def get_file_items(self, *args: object) -> list[object]:
        """Nautilus 43 and newer hand over the files alone, older ones a window first."""
        files = args[-1]
        kinds = ("video/", "image/", "inode/directory")
        paths = [file.get_location().get_path() for file in files if file.get_mime_type().startswith(kinds)]
        if not paths or None in paths:
            return []
        item = Nautilus.MenuItem(name="DashcamCleaner::clean", label="Clean with DashcamCleaner", icon="dashcamcleaner")
        item.connect("activate", lambda *_: subprocess.Popen(["dashcamcleaner", "window", *paths]))
        return [item]
