"""Draw the screens of screens.yml with a browser, as pictures people would send. Used by tests and by bench/pictures.py."""

from __future__ import annotations

import base64
import html
import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
import zxingcpp
from PIL import Image, ImageFilter
from playwright.sync_api import Browser

WIDTH, HEIGHT, SHARP = 360, 760, 3
CSS = """
*{box-sizing:border-box;margin:0} body{font:calc(16px*var(--k))/1.45 "Noto Sans CJK SC",sans-serif;width:360px;
min-height:760px;background:var(--bg);color:var(--ink)}
.bar{height:26px;padding:3px 14px;display:flex;justify-content:space-between;font-size:12px}
.head{height:46px;display:flex;align-items:center;justify-content:center;font-weight:600;position:relative;
border-bottom:1px solid #0001} .head b{position:absolute;left:14px;font-weight:400}
.t{text-align:center;font-size:12px;color:#999;margin:12px 0} .m,.o{display:flex;margin:12px;gap:9px;align-items:flex-start}
.m{flex-direction:row-reverse} .m::before,.o::before{content:"";
width:38px;height:38px;border-radius:5px;background:var(--av);flex:none}
.b{background:var(--in);padding:9px 11px;border-radius:6px;max-width:68%} .m .b{background:var(--out);color:var(--outink)}
.n{font-size:12px;color:#888;margin:8px 0 -10px 60px} .sms .o::before{display:none}
.sms .b{background:var(--sms);border-radius:16px;max-width:80%}
.card{margin:18px;background:var(--in);border-radius:10px;padding:18px} .card p{margin:10px 0}
.row{display:flex;justify-content:space-between;padding:9px 0;border-bottom:1px solid #0001} .row span{color:#888}
.poster{padding:60px 24px;text-align:center} .poster h1{font-size:30px;margin:10px 0 24px} .poster p{margin:12px 0;font-size:18px}
.poster img{width:200px;margin:20px auto;display:block;image-rendering:pixelated;border:10px solid #fff}
.cols{display:grid;grid-template-columns:1fr 1fr;gap:26px;padding:18px;font-size:15px} .cols p{margin:0 0 16px}
.call{background:#223;color:#fff;height:760px;text-align:center;padding-top:120px} .call h1{font-weight:400;font-size:26px}
"""
LIGHT = "--bg:#ededed;--ink:#111;--in:#fff;--out:#95ec69;--outink:#111;--av:#b9c4cf;--sms:#e9e9eb;"
DARK = "--bg:#111;--ink:#ddd;--in:#2c2c2c;--out:#3eb575;--outink:#06150c;--av:#445;--sms:#303036;"
FAINT = "--bg:#f2f2f2;--ink:#9a9a9a;--in:#fafafa;--out:#dff2d4;--outink:#98a396;--av:#e2e2e2;--sms:#eee;"


@dataclass(frozen=True)
class Screen:
    """One picture and what a reader should make of it."""

    id: str
    png: bytes
    text: str
    verdicts: tuple[str, ...]
    codes: tuple[str, ...]


def browser_path() -> str | None:
    """Return where the browser is, or None."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def entries() -> list[dict[str, Any]]:
    """Return the descriptions."""
    loaded: list[dict[str, Any]] = yaml.safe_load(
        Path(__file__).with_name("screens.yml").read_text(encoding="utf-8")
    )
    return loaded


def draw(browser: Browser, wanted: frozenset[str] | None = None) -> Iterator[Screen]:
    """Give the screens, or those of ``wanted`` ids."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=SHARP)
    page = context.new_page()
    for entry in entries():
        if wanted is not None and entry["id"] not in wanted:
            continue
        page.set_content(_page(entry))
        png = page.screenshot(full_page=bool(entry.get("long")))
        yield Screen(
            entry["id"],
            _spoil(png, entry),
            _text(entry),
            tuple(entry["verdicts"]),
            tuple(filter(None, [entry.get("qr")])),
        )
    context.close()


def _page(entry: dict[str, Any]) -> str:
    theme = DARK if entry.get("dark") else FAINT if entry.get("faint") else LIGHT
    body = {
        "wechat": _talk,
        "sms": _talk,
        "page": _card,
        "poster": _poster,
        "columns": _columns,
        "call": _call,
    }
    style = f"{theme}--k:{entry.get('scale', 1)}"
    inside = body[entry["look"]](entry)
    return f'<style>{CSS}</style><body class="{entry["look"]}" style="{style}">{inside}</body>'


def _head(entry: dict[str, Any]) -> str:
    return f'<div class="bar"><i>09:41</i><i>5G 82%</i></div><div class="head"><b>‹</b>{_safe(entry["title"])}</div>'


def _talk(entry: dict[str, Any]) -> str:
    def line(side: str, text: str) -> str:
        bubble = f'<div class="b">{_safe(text)}</div>' if side in "om" else _safe(text)
        return f'<div class="{side}">{bubble}</div>'

    return _head(entry) + "".join(line(*each) for each in entry["talk"])


def _card(entry: dict[str, Any]) -> str:
    rows = "".join(
        f'<div class="row"><span>{_safe(a)}</span><b>{_safe(b)}</b></div>' for a, b in entry.get("rows", [])
    )
    return _head(entry) + f'<div class="card">{rows}{_paragraphs(entry["lines"])}</div>'


def _poster(entry: dict[str, Any]) -> str:
    code = f'<img src="{_code(entry["qr"])}">' if "qr" in entry else ""
    return f'<div class="poster"><h1>{_safe(entry["title"])}</h1>{_paragraphs(entry["lines"])}{code}</div>'


def _columns(entry: dict[str, Any]) -> str:
    sides = "".join(f"<div>{_paragraphs(entry[side])}</div>" for side in ("left", "right"))
    title = f'<div class="poster"><h1>{_safe(entry["title"])}</h1></div>'
    return f'{title}<div class="cols">{sides}</div>'


def _call(entry: dict[str, Any]) -> str:
    return f'<div class="call"><h1>{_safe(entry["title"])}</h1>{_paragraphs(entry["lines"])}</div>'


def _paragraphs(lines: list[str]) -> str:
    return "".join(f"<p>{_safe(line)}</p>" for line in lines)


def _safe(text: str) -> str:
    return html.escape(text)


def _code(text: str) -> str:
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    picture = io.BytesIO()
    Image.fromarray(zxingcpp.write_barcode_to_image(code, scale=6)).save(picture, "PNG")
    return "data:image/png;base64," + base64.b64encode(picture.getvalue()).decode()


def _text(entry: dict[str, Any]) -> str:
    """Return what should be read: messages with their sides where there are two, never times and nicknames."""
    if "talk" not in entry:
        rows = [part for row in entry.get("rows", []) for part in row]
        return "\n".join(
            [entry["title"], *rows, *entry.get("lines", []), *entry.get("left", []), *entry.get("right", [])]
        )
    said = [(side, text) for side, text in entry["talk"] if side in "om"]
    if len({side for side, _ in said}) == 2:
        return "\n".join(("对方:" if side == "o" else "我:") + text for side, text in said)
    return "\n".join([entry["title"], *(text for _, text in said)])


def _spoil(png: bytes, entry: dict[str, Any]) -> bytes:
    """Turn and blur the picture as a photo of a screen would be, and store that as JPEG."""
    if "rotate" not in entry:
        return png
    image = Image.open(io.BytesIO(png)).convert("RGB")
    image = image.rotate(entry["rotate"], Image.Resampling.BICUBIC, expand=True, fillcolor=(90, 84, 80))
    image = image.filter(ImageFilter.GaussianBlur(entry["blur"]))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=78)
    return out.getvalue()
