"""What is asked of one clip's scenes, and which files it is about; plain data, without anything that does it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from dashcamcleaner.media.codecs import CONTAINERS
from dashcamcleaner.media.formats import output_suffix
from dashcamcleaner.scenes.blocks import BlockRules
from dashcamcleaner.settings import Settings

__all__ = ["ScenesJob"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenesJob:
    """One clip to label, and perhaps to cut.

    Args:
        source: the clip; it is never written to.
        folder: where files go; None: beside it.
        targets: labels that are kept, counting as one.
        everything_but: the label that is not kept, all others counting as one; None: `targets` or `actions` tell.
        tag_only: cut nothing.
        pieces: each piece a file of its own.
        actions: words like ``parked=drop``.
        lossless: cut at key frames, without encoding.
        clean: hide what the settings tell to hide, in the same pass.
        rules: when pictures make a block.
        model: motion, light, shots, safety, a classifier's name or file; None: told from the labels that are named.
        step: seconds between pictures as text, ``frame`` or ``shot``.
        key_frames: decode key frames alone.
        batch: pictures that are judged at once.
        exports: names of `scenes.exports.EXPORTS`.
        list_file: a tag file to cut by, without classifying.
        definition, mean, labels: files of an own model.
        settings: checked settings.
        notes: what whoever asks has told already, for the report.
    """

    source: Path
    folder: Path | None = None
    targets: tuple[str, ...] = ()
    everything_but: str | None = None
    tag_only: bool = False
    pieces: bool = False
    actions: tuple[str, ...] = ()
    lossless: bool = False
    clean: bool = False
    rules: BlockRules = field(default_factory=BlockRules)
    model: str | None = None
    step: str = "1"
    key_frames: bool = False
    batch: int = 32
    exports: tuple[str, ...] = ()
    list_file: Path | None = None
    definition: Path | None = None
    mean: Path | None = None
    labels: Path | None = None
    settings: Settings
    notes: tuple[str, ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        """The labels that are named as kept or left out."""
        return (*self.targets, *([self.everything_but] if self.everything_but else []))

    @property
    def cuts(self) -> bool:
        """Whether anything becomes of the clip itself."""
        return not self.tag_only and bool(self.named or self.actions)

    def cut_path(self, number: int | None = None) -> Path:
        """The cut file, or one of its pieces: of the clip's own kind where that is written, else an MP4."""
        ending = self.source.suffix if self.source.suffix.lower() in CONTAINERS else output_suffix(self.source)
        return self.beside(f".cut{ending}" if number is None else f".cut.{number}{ending}")

    def beside(self, ending: str) -> Path:
        """A file of this clip's, by its ending."""
        return (self.folder or self.source.parent) / f"{self.source.stem}{ending}"
