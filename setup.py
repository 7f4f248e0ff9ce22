"""Packs the `weights/` folder into the wheel as `dashcamcleaner/_weights`; all else stands in setup.cfg."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["dashcamcleaner*"]), "dashcamcleaner._weights"],
    package_dir={"dashcamcleaner._weights": "weights"},
    package_data={
        "dashcamcleaner": ["py.typed"],
        "dashcamcleaner.gui": ["languages/*.qm"],
        "dashcamcleaner.report": ["templates/*.html", "templates/*.css"],
        "dashcamcleaner.service": ["page/*"],
        "dashcamcleaner.tracking": ["evidence.json"],
        "dashcamcleaner._weights": ["*.onnx", "*.pt", "*.json", "*.xml", "*.bin"],
    },
)
