"""Packs the `weights/` folder into the wheel as `dashcamcleaner/_weights`, and the version; all else: setup.cfg."""

from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py


class BuildWithVersion(build_py):
    """Writes the version, which setuptools-scm takes from the git tag, into what is built; the sources stay."""

    def run(self) -> None:
        """Build, and add the version."""
        super().run()
        target = Path(self.build_lib) / "dashcamcleaner" / "_version.py"
        if not self.editable_mode:
            target.write_text(f'"""Made by the build."""\n\nVERSION = "{self.distribution.get_version()}"\n')


setup(
    cmdclass={"build_py": BuildWithVersion},
    packages=[*find_packages(include=["dashcamcleaner*"]), "dashcamcleaner._weights"],
    package_dir={"dashcamcleaner._weights": "weights"},
    package_data={
        "dashcamcleaner": ["py.typed", "locale/*/LC_MESSAGES/*.mo"],
        "dashcamcleaner.gui": ["languages/*.qm"],
        "dashcamcleaner.report": ["templates/*.html", "templates/*.css"],
        "dashcamcleaner.service": ["page/*", "templates/*"],
        "dashcamcleaner.tracking": ["evidence.json"],
        "dashcamcleaner._weights": ["*.onnx", "*.pt", "*.json", "*.xml", "*.bin"],
    },
)
