"""A run's summary in, one self-contained HTML page out: what was done, and how it was checked.

`report.data` calls this with the dict that also stands in ``NAME.report.json``. The page loads nothing from anywhere
(its own policy forbids it), prints on paper, and holds no clear picture: thumbnails come obscured.

It tells what was done. Whether that is enough, legally or otherwise, is not for a program to say.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dashcamcleaner.core.plain_text import link
from dashcamcleaner.core.plain_text import markup as escape
from dashcamcleaner.core.time import format_seconds
from dashcamcleaner.files import PRIVATE, atomic_write

__all__ = ["REPORT_VERSION", "folder_html", "report_html", "worst_first", "write_html", "write_page"]

REPORT_VERSION = 1

_COLORS = {"face": "#c2410c", "plate": "#1d4ed8", "whole frame": "#475569"}
_OTHER_COLOR = "#0f766e"
_STATUS_CLASS = {"PASS": "pass", "NEEDS REVIEW": "review", "FAIL": "fail", "cleaned": "note", "partial": "review"}
_RANK = {"failed": 0, "FAIL": 1, "partial": 2, "NEEDS REVIEW": 3, "cleaned": 4, "PASS": 5}

_STYLE = """
:root{color-scheme:light dark;--ink:#1c2530;--soft:#5b6878;--line:#d9dfe6;--back:#fff;--card:#f6f8fa}
@media (prefers-color-scheme:dark){:root{--ink:#e6ebf1;--soft:#9aa7b6;--line:#333e4b;--back:#12181f;--card:#1a222b}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:62rem;padding:2rem 1.5rem 4rem;font:15px/1.5 system-ui,sans-serif;color:var(--ink);
background:var(--back)}
h1{font-size:1.5rem;margin:0 0 .2rem;overflow-wrap:anywhere}h2{font-size:1.1rem;margin:2.2rem 0 .6rem}
p{margin:.3rem 0}.soft{color:var(--soft)}code{font:12.5px ui-monospace,monospace;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;font-size:14px}
th{text-align:left;font-weight:600;color:var(--soft);font-size:12.5px}
th,td{padding:.4rem .7rem .4rem 0;border-bottom:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.badge{display:inline-block;padding:.15rem .6rem;border-radius:1rem;font-weight:600;font-size:13px;color:#fff;
white-space:nowrap}
.pass{background:#15803d}.review{background:#b45309}.fail{background:#b91c1c}.note{background:#64748b}
.card{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.9rem 1.1rem;margin:.8rem 0}
img{display:block;border-radius:.25rem;max-width:12rem}svg{width:100%;height:auto;display:block}
svg text{font:11px system-ui,sans-serif;fill:var(--soft)}
.legend span{display:inline-block;margin-right:1.2rem;font-size:13px}.legend i{display:inline-block;width:.8rem;
height:.8rem;border-radius:2px;margin-right:.35rem;vertical-align:-1px}
@media print{:root{--ink:#000;--soft:#444;--line:#bbb;--back:#fff;--card:#fff;color-scheme:light}
body{max-width:none;padding:0;font-size:10.5pt}tr,.card,svg{break-inside:avoid}h2{break-after:avoid}
thead{display:table-header-group}.badge{color:#000;background:none;border:1.5px solid #000;
print-color-adjust:exact}svg,i{print-color-adjust:exact;-webkit-print-color-adjust:exact}@page{margin:16mm}}
"""


def write_html(
    report: Mapping[str, Any],
    path: Path,
    *,
    thumbnails: Mapping[int, bytes] | None = None,
    mode: int = PRIVATE,
) -> None:
    """Write the page of one clip, beside first.

    Args:
        report: what stands in the JSON.
        path: of the page.
        thumbnails: index of the finding -> obscured JPEG.
        mode: of the file.

    Raises:
        OutputError: it cannot be written.
    """
    write_page(report_html(report, thumbnails=thumbnails), path, mode=mode)


def write_page(page: str, path: Path, *, mode: int = PRIVATE) -> None:
    """Write a page, beside first.

    Raises:
        OutputError: it cannot be written.
    """
    atomic_write(path, page, what=f"The report {path}", mode=mode)


def report_html(report: Mapping[str, Any], *, thumbnails: Mapping[int, bytes] | None = None) -> str:
    """The page of one clip."""
    audit = report.get("audit") or None
    name = Path(str(report.get("output", ""))).name
    status = str(audit["status"]) if audit else str(report.get("status", ""))
    parts = [
        f"<h1>{escape(name)}</h1>",
        f'<p>{_badge(status)} <span class="soft">{escape(_told_status(report, audit))}</span></p>',
        _list("Much is hidden", (report.get("hidden") or {}).get("notes") or []),
        _files(report),
        _kinds(report),
        _timeline(report, audit),
        _audit(audit, thumbnails or {}),
        _streams(report),
        _edits(report),
        _pairs("Settings that differ from the profile", report.get("settings") or {}, empty="none"),
        _pairs("Made with", _made_with(report)),
        _list("Notes of the run", _other_notes(report)),
        '<p class="soft">This page says what was done to the file and how that was checked. It does not say that '
        "nobody can be recognised, nor whether the clip may be published: somebody has to look at it.</p>",
    ]
    return _page(f"{name}: what was hidden", parts)


def folder_html(reports: Sequence[Mapping[str, Any]], *, title: str) -> str:
    """The page of several clips, worst first, with links to each clip's own page.

    Args:
        reports: of each clip; ``page`` in it is the link, ``error`` the reason of a failed one.
        title: name of the folder.
    """
    ordered = worst_first(reports)
    rows = []
    for report in ordered:
        audit = report.get("audit") or {}
        status = str(audit.get("status") or report.get("status", ""))
        name = escape(Path(str(report.get("output") or report.get("source", ""))).name)
        name_or_link = f'<a href="{link(str(report["page"]))}">{name}</a>' if report.get("page") else name
        found = [f for f in audit.get("findings", []) if f["severity"] != "note"]
        worst = str(report.get("error") or (found[0]["message"] if found else (audit.get("reasons") or [""])[0]))
        hidden = sum(int(kind.get("tracks") or 0) for kind in (report.get("kinds") or {}).values())
        rows.append(
            f"<tr><td>{_badge(status)}</td><td>{name_or_link}<br><span class=soft>{escape(worst)}</span></td>"
            f'<td class="n">{len(found)}</td><td class="n">{hidden}</td>'
            f'<td class="n">{format_seconds(float(report.get("duration_s") or 0)).split(".")[0]}</td></tr>'
        )
    counted: dict[str, int] = {}
    for report in ordered:
        status = str((report.get("audit") or {}).get("status") or report.get("status", ""))
        counted[status] = counted.get(status, 0) + 1
    told = ", ".join(f"{count} {status}" for status, count in counted.items())
    table = (
        "<table><thead><tr><th>Status<th>Clip<th class=n>Findings<th class=n>Tracks hidden<th class=n>Length"
        "</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )
    return _page(
        title,
        [f"<h1>{escape(title)}</h1>", f'<p class="soft">{len(ordered)} clips: {escape(told)}; worst first.</p>', table],
    )


def worst_first(reports: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Clips in the order in which somebody should look at them."""
    return sorted(reports, key=_badness)


def _badness(report: Mapping[str, Any]) -> tuple[int, float, str]:
    audit = report.get("audit") or {}
    status = str(audit.get("status") or report.get("status", ""))
    harm = sum(float(f.get("harm", 0)) for f in audit.get("findings", []) if f.get("severity") != "note")
    return (_RANK.get(status, 0), -harm, str(report.get("output", "")))


def _page(title: str, parts: Sequence[str]) -> str:
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _badge(status: str) -> str:
    return f'<span class="badge {_STATUS_CLASS.get(status, "fail")}">{escape(status)}</span>'


def _told_status(report: Mapping[str, Any], audit: Mapping[str, Any] | None) -> str:
    frames = f"{report.get('frames', 0)} frames, {format_seconds(float(report.get('duration_s') or 0))}"
    if audit:
        return f"{frames}. Audited: {len([f for f in audit['findings'] if f['severity'] != 'note'])} findings."
    return f"{frames}. The output was not looked at again: run an audit for a second look."


def _files(report: Mapping[str, Any]) -> str:
    rows = []
    for what in ("source", "output"):
        path = str(report.get(what, ""))
        size = float(report.get(f"{what}_bytes") or 0) / 1e6
        digest = report.get(f"{what}_sha256") or "not recorded"
        rows.append(
            f"<tr><td>{what}</td><td>{escape(Path(path).name)}<br><code>SHA-256 {escape(str(digest))}</code></td>"
            f'<td class="n">{size:.1f} MB</td></tr>'
        )
    plan = report.get("plan")
    if plan:
        rows.append(f"<tr><td>plan</td><td>{escape(Path(str(plan)).name)}</td><td></td></tr>")
    w, h = report.get("size") or (0, 0)
    told_size = f'<p class="soft">{w} x {h} pixels</p>' if w else ""
    return f"<h2>Files</h2><table><tbody>{''.join(rows)}</tbody></table>{told_size}"


def _kinds(report: Mapping[str, Any]) -> str:
    kinds = report.get("kinds") or {}
    if not kinds:
        return "<h2>What was hidden</h2><p>Not recorded: this report was begun by the audit.</p>"
    if not any(kind.get("regions") for kind in kinds.values()):
        looked = ", ".join(kinds) or "nothing"
        return f"<h2>What was hidden</h2><p><b>Nothing.</b> Looked for: {escape(looked)}.</p>"
    rows = []
    for name, kind in kinds.items():
        lowest = kind.get("lowest_score")
        cells = (
            kind.get("tracks", 0), kind.get("frames_covered", 0), kind.get("regions", 0), kind.get("filled", 0),
            f"{float(kind.get('longest_fill_s') or 0):.2f} s", "-" if lowest is None else f"{lowest:.2f}",
        )  # fmt: skip
        rows.append(f"<tr><td>{escape(name)}</td>" + "".join(f'<td class="n">{cell}</td>' for cell in cells) + "</tr>")
    heads = ("tracks", "frames covered", "regions", "filled over time", "longest fill", "lowest score")
    return (
        "<h2>What was hidden</h2><table><thead><tr><th>Kind"
        + "".join(f"<th class=n>{head}" for head in heads)
        + f"</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        '<p class="soft">Filled over time: hidden without a sighting in that very frame, between or beside others.</p>'
    )


def _timeline(report: Mapping[str, Any], audit: Mapping[str, Any] | None) -> str:
    data = report.get("timeline") or {}
    kinds: Mapping[str, Sequence[Sequence[float]]] = data.get("kinds") or {}
    slices = int(data.get("slices") or 0)
    if not slices:
        return ""
    width, row, left = 900, 46, 70
    step = (width - left) / slices
    length_s = slices * float(data["slice_s"])
    parts, legend = [], []
    for number, (name, series) in enumerate(kinds.items()):
        color = _COLORS.get(name, _OTHER_COLOR)
        base = (number + 1) * row - 8
        top = max(max(values[0] for values in series), 1.0)
        parts.append(f'<text x="0" y="{base - 14}">{escape(name)}</text><text x="0" y="{base}">max {top:.3g}</text>')
        for i, (hidden, filled, *_) in enumerate(series):
            if hidden:
                high, fill = hidden / top * (row - 14), filled / top * (row - 14)
                x = left + i * step
                parts.append(
                    f'<rect x="{x:.1f}" y="{base - high:.1f}" width="{step + 0.2:.1f}" height="{high:.1f}" '
                    f'fill="{color}"/>'
                )
                if fill:
                    parts.append(
                        f'<rect x="{x:.1f}" y="{base - fill:.1f}" width="{step + 0.2:.1f}" height="{fill:.1f}" '
                        'fill="#fff" fill-opacity=".55"/>'
                    )
        parts.append(f'<line x1="{left}" x2="{width}" y1="{base}" y2="{base}" stroke="{color}" stroke-opacity=".4"/>')
        legend.append(f'<span><i style="background:{color}"></i>{escape(name)}</span>')
    height = len(kinds) * row + 22
    start_s = float(data.get("start_s") or 0)
    worst_last = sorted((audit or {}).get("findings", []), key=lambda finding: finding["severity"] == "fail")
    for finding in worst_last:
        if finding["first_frame"] >= 0 and finding["severity"] != "note":
            x = left + (finding["start_s"] - start_s) / length_s * (width - left)
            wide = max(3.0, (finding["end_s"] - finding["start_s"]) / length_s * (width - left))
            color = "#b91c1c" if finding["severity"] == "fail" else "#d97706"
            parts.append(
                f'<rect x="{x:.1f}" y="{height - 20}" width="{wide:.1f}" height="6" rx="2" fill="{color}">'
                f"<title>{escape(finding['message'])}</title></rect>"
            )
    for part in range(5):
        x = left + part / 4 * (width - left)
        anchor = "start" if part == 0 else "end" if part == 4 else "middle"
        when = format_seconds(start_s + part / 4 * length_s).split(".")[0]
        parts.append(f'<text x="{x:.0f}" y="{height - 2}" text-anchor="{anchor}">{when}</text>')
    colors = (("#b91c1c", "audit: fails"), ("#d97706", "to review"))
    marks = "".join(f'<span><i style="background:{color}"></i>{words}</span>' for color, words in colors)
    return (
        f'<h2>Over time</h2><svg viewBox="0 0 {width} {height}" role="img" aria-label="regions per frame over time">'
        f'{"".join(parts)}</svg><p class="legend soft">{"".join(legend)}<span>pale part: filled over time</span>'
        f"{marks if audit else ''}</p>"
    )


def _audit(audit: Mapping[str, Any] | None, thumbnails: Mapping[int, bytes]) -> str:
    if not audit:
        return "<h2>Audit</h2><p>Not done. <code>dashcamcleaner audit SOURCE OUTPUT</code> takes a second look.</p>"
    parts = [f"<h2>Audit</h2><div class=card><p>{_badge(str(audit['status']))}</p>"]
    parts += [f"<p>{escape(str(reason))}</p>" for reason in audit["reasons"]]
    parts.append("</div><table><thead><tr><th>Check<th>What it shows</tr></thead><tbody>")
    for check in audit["checks"]:
        parts.append(f"<tr><td>{escape(check['title'])}</td><td>{escape(check['told'])}</td></tr>")
    parts.append("</tbody></table>")
    if audit["findings"]:
        parts.append("<table><thead><tr><th>Finding<th>When<th class=n>Harm<th></tr></thead><tbody>")
        for number, finding in enumerate(audit["findings"]):
            parts.append(_finding_row(finding, thumbnails.get(number)))
        parts.append(
            "</tbody></table><p class=soft>Harm: how legible it would be times how uncertain it is that it is hidden "
            "and harmless, 0 to 1. Pictures are of the output, blurred here.</p>"
        )
    if audit.get("detectors"):
        parts.append(f"<p class=soft>Looked with: {escape('; '.join(audit['detectors']))}.</p>")
    if audit.get("fixes"):
        parts.append(_list(f"Fixed by the audit in {audit.get('rounds', 0)} rounds", audit["fixes"]))
    return "".join(parts)


def _finding_row(finding: Mapping[str, Any], thumbnail: bytes | None) -> str:
    when = ""
    if finding["first_frame"] >= 0:
        span = f"{format_seconds(finding['start_s'])}"
        if finding["last_frame"] > finding["first_frame"]:
            span += f" to {format_seconds(finding['end_s'])}"
        when = f"{span}<br><span class=soft>frames {finding['first_frame']}-{finding['last_frame']}</span>"
    picture = ""
    if thumbnail:
        picture = f'<img alt="blurred" src="data:image/jpeg;base64,{base64.b64encode(thumbnail).decode()}">'
    words = {"fail": "FAIL", "review": "NEEDS REVIEW", "note": "note"}
    severity = words[finding["severity"]]
    badge = f'<span class="badge {_STATUS_CLASS.get(severity, "note")}">{severity.lower()}</span>'
    harm = "" if finding["severity"] == "note" else f"{finding['harm']:.2f}"
    cells = f'<td>{badge} {escape(finding["message"])}</td><td>{when}</td><td class="n">{harm}</td><td>{picture}</td>'
    return f"<tr>{cells}</tr>"


def _streams(report: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{escape(stream['what'])}</td><td>{escape(stream['action'])}</td><td>{escape(stream['why'])}</td></tr>"
        for stream in report.get("streams") or []
    )
    if not rows:
        return ""
    return (
        "<h2>Sound, tags and other streams</h2><table><thead><tr><th>What<th>What became of it<th>Why</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _other_notes(report: Mapping[str, Any]) -> list[str]:
    """The notes of a run without those that stand at the top of the page."""
    first = (report.get("hidden") or {}).get("notes") or []
    return [note for note in report.get("warnings") or [] if note not in first]


def _edits(report: Mapping[str, Any]) -> str:
    edits = report.get("edits") or []
    return _list("Edits by hand", edits) if edits else "<h2>Edits by hand</h2><p>None.</p>"


def _made_with(report: Mapping[str, Any]) -> dict[str, Any]:
    made = {
        "engine": report.get("backend"), "weights": report.get("weights"),
        "weights SHA-256": report.get("weights_sha256"),
    }  # fmt: skip
    return {**{k: v for k, v in made.items() if v}, **(report.get("versions") or {})}


def _pairs(title: str, pairs: Mapping[str, Any], *, empty: str = "") -> str:
    if not pairs:
        return f"<h2>{title}</h2><p>{empty}</p>" if empty else ""
    rows = "".join(
        f"<tr><td>{escape(str(k))}</td><td><code>{escape(str(v))}</code></td></tr>" for k, v in pairs.items()
    )
    return f"<h2>{title}</h2><table><tbody>{rows}</tbody></table>"


def _list(title: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    return f"<h2>{escape(title)}</h2><ul>{''.join(f'<li>{escape(str(line))}</li>' for line in lines)}</ul>"
