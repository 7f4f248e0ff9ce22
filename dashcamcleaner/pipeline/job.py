"""What was asked for one clip: plain data, picklable, free of handles, so that it may cross processes and machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dashcamcleaner.core.cut_times import ClipCut
from dashcamcleaner.core.edit_types import Edit
from dashcamcleaner.people.references import Reference
from dashcamcleaner.people.rules import PersonRequest
from dashcamcleaner.settings import Settings, resolve

__all__ = ["Job"]

_PATHS = ("source", "output", "from_plan", "edits", "export_detections", "export_mask", "export_mask_colored")


@dataclass(frozen=True, slots=True)
class Job:
    """One clip (or picture) to clean.

    Args:
        source: the file to read; it is never written to.
        output: the final name of the result; its extension picks the container.
        settings: checked settings.
        from_plan: render again from this plan instead of detecting.
        edits: edits file to apply; with ``from_plan`` the plan's own ``NAME.edits.jsonl`` is taken when None.
        accepted: SHA-256 of plans and edits files that a person has said yes to although they were not made here.
        added_edits: further edits on top of the file's, as the command line gives them: seconds from the first picture,
            as in `cut`; those of a file are in the clip's own clock, and the run converts these to it.
        persons: who stays visible and who is hidden, in a user's words; the whole clip is analysed first then.
        known_persons: words of `persons` whose faces are known already (saved sets), with these; in memory alone.
        export_detections: write raw detections to this ``.json`` or ``.csv``.
        export_mask: write a black and white mask clip here.
        export_mask_colored: write a mask clip with kinds in colours and scores as brightness here.
        audit: look at the output again when it is written.
        write_plan: leave the plan beside the output.
        cut: only part of the clip goes into the output, in seconds from its first picture; None: all of it.
        copied: pictures are copied as they are coded, and nothing of them is hidden; `cut` lies at key frames, see
            `media.lossless.cut_at_key_frames`.
        detect: look for what is to be hidden; else only what edits name is hidden.
        notes: what whoever asks has told already, for the report.

    Paths may be given as texts; they are kept as `Path`.
    """

    source: Path
    output: Path
    settings: Settings = field(default_factory=resolve)
    from_plan: Path | None = None
    edits: Path | None = None
    added_edits: tuple[Edit, ...] = ()
    accepted: tuple[str, ...] = ()
    persons: PersonRequest = field(default_factory=PersonRequest)
    known_persons: Mapping[str, tuple[Reference, ...]] = field(default_factory=dict, repr=False, compare=False)
    export_detections: Path | None = None
    export_mask: Path | None = None
    export_mask_colored: Path | None = None
    audit: bool = False
    write_plan: bool = True
    cut: ClipCut | None = None
    copied: bool = False
    detect: bool = True
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in _PATHS:
            value = getattr(self, name)
            if isinstance(value, str):
                object.__setattr__(self, name, Path(value))

    @property
    def looks(self) -> bool:
        """Whether a detector has anything to do: a kind to hide, persons to tell apart, or detections to write."""
        wanted = self.settings.kinds() or self.persons or self.export_detections is not None
        return self.detect and bool(wanted)
