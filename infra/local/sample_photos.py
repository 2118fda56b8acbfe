# ruff: noqa: E501 - drawings are long lines
"""Photographs for the samples that templates are tried on (`https://shop.example/photos/<name>.jpg`): studio pictures of
garments, drawn here so that previews and the pictures of the tests fetch nothing and look like a shop's mail.

`sample_photo(url)` answers for every address that content/samples.py uses.
"""

from __future__ import annotations

import re
from typing import Final

_ADDRESS: Final = re.compile(r"https://shop\.example/photos/([a-z]+)\.jpg")

_CLOTH: Final[dict[str, tuple[str, str, str]]] = {
    "coat": ("#dcd8d1", "#5b5d63", "#3d3f45"),
    "scarf": ("#d9d4ca", "#efe9dc", "#cfc6b4"),
    "gloves": ("#d3cdc6", "#4b3426", "#2f2018"),
    "sweater": ("#d8d6d0", "#b7a68c", "#927f64"),
    "boots": ("#d6d2cc", "#33302e", "#171514"),
    "dress": ("#dedad6", "#6d3039", "#4a1e26"),
    "jeans": ("#d9dadb", "#3c4d6b", "#263349"),
    "shirt": ("#d3d7da", "#f4f4f0", "#d5d6d3"),
    "hat": ("#d8d3cd", "#7d6a58", "#5a4a3c"),
}
"""By name: the studio's wall, the cloth in the light, the cloth in the shade."""

_DRAWINGS: Final[dict[str, str]] = {
    "coat": (
        '<path d="M300 190c40-26 70-34 100-34s60 8 100 34c44 16 78 38 92 74 22 60 40 190 50 330l-70 10-34-236-6 90 24 452H244l24-452-6-90-34 236-70-10c10-140 28-270 50-330 14-36 48-58 92-74z" fill="url(#cloth)"/>'
        '<path d="M330 178l70 120 70-120c14 6 26 12 34 20l-60 190-44 60-44-60-60-190c8-8 20-14 34-20z" fill="url(#fold)"/>'
        '<path d="M400 440v476M262 458l6 200M538 458l-6 200" stroke="#000" stroke-opacity=".25" stroke-width="3" fill="none"/>'
        '<path d="M286 640h72v14h-72zM442 640h72v14h-72z" fill="#000" fill-opacity=".22"/>'
        '<g fill="#1f2024"><circle cx="374" cy="500" r="9"/><circle cx="426" cy="500" r="9"/><circle cx="374" cy="590" r="9"/><circle cx="426" cy="590" r="9"/></g>'
    ),
    "scarf": (
        '<path d="M262 260c70-70 206-70 276 0 30 60 20 130-18 158-70 40-170 40-240 0-38-28-48-98-18-158z" fill="url(#cloth)"/>'
        '<path d="M300 300c60-44 140-44 200 0M290 350c70-50 150-50 220 0M306 396c60-36 128-36 188 0" fill="none" stroke="#000" stroke-opacity=".1" stroke-width="10"/>'
        '<path d="M330 410c40 18 90 20 134 4l26 430c-56 14-118 14-176 0z" fill="url(#cloth)"/><path d="M362 424l-10 420M400 430v420M438 424l12 420" stroke="#000" stroke-opacity=".08" stroke-width="8"/>'
        '<path d="M318 848v44M340 852v46M362 854v46M384 856v46M406 856v46M428 856v46M450 854v46M472 850v46M488 848v44" stroke="#cfc6b4" stroke-width="7"/>'
    ),
    "gloves": (
        '<g fill="url(#cloth)"><path d="M236 810l6-230c-18-60-46-96-62-150 4-24 30-26 42-6l40 66-14-190c2-28 40-28 46 0l18 150 6-178c4-28 44-28 48 0l2 178 22-158c8-26 44-20 44 8l-16 172 26-88c12-22 42-12 38 14l-38 190-12 222z"/>'
        '<path d="M430 850l-12-222-38-190c-4-26 26-36 38-14l26 88-16-172c0-28 36-34 44-8l22 158 2-178c4-28 44-28 48 0l6 178 18-150c6-28 44-28 46 0l-14 190 40-66c12-20 38-18 42 6-16 54-44 90-62 150l6 230z" transform="translate(14 0)"/></g>'
        '<path d="M240 760h172M446 800h150" stroke="#000" stroke-opacity=".3" stroke-width="5"/>'
        '<path d="M290 520l8 90M330 516v96M370 520l-8 90M476 560l8 90M516 556v96M556 560l-8 90" stroke="#fff" stroke-opacity=".18" stroke-width="3" stroke-dasharray="7 5"/>'
    ),
    "sweater": (
        '<path d="M318 214c52 30 112 30 164 0 60 14 110 40 128 84 26 70 44 220 52 350l-78 14-46-236-4 300c-86 24-182 24-268 0l-4-300-46 236-78-14c8-130 26-280 52-350 18-44 68-70 128-84z" fill="url(#cloth)"/>'
        '<path d="M318 214c52 30 112 30 164 0l8 34c-56 34-124 34-180 0z" fill="url(#fold)"/>'
        '<path d="M266 690c86 24 182 24 268 0v44c-86 24-182 24-268 0zM138 612l78 14-4 40-78-14zM662 612l-78 14 4 40 78-14z" fill="url(#fold)"/>'
        '<path d="M312 240c-30 60-46 120-50 170M488 240c30 60 46 120 50 170" stroke="#000" stroke-opacity=".12" stroke-width="4" fill="none"/><path d="M280 704v36M310 710v38M340 714v38M370 716v38M400 716v40M430 716v38M460 714v38M490 710v38M520 704v36" stroke="#000" stroke-opacity=".12" stroke-width="5"/>'
    ),
    "boots": (
        '<path d="M230 300h160v300c0 60 30 90 30 150v50H200c0-120 30-160 30-240z" fill="url(#cloth)"/><path d="M196 800h228v30H196z" fill="#0d0c0c"/>'
        '<path d="M430 280h160v320c4 60 96 80 110 150 6 24 4 40 4 50H420c0-120 10-160 10-240z" fill="url(#cloth)"/><path d="M416 800h292v30H416z" fill="#0d0c0c"/>'
        '<path d="M470 360h70l-14 170h-40zM262 370h60l-10 160h-38z" fill="#000" fill-opacity=".35"/><path d="M500 270h26v40h-26zM300 290h22v36h-22z" fill="url(#fold)"/>'
        '<path d="M604 640c40 20 76 50 84 100" stroke="#fff" stroke-opacity=".18" stroke-width="8" fill="none"/>'
    ),
    "dress": (
        '<path d="M330 160l22 4c10 60 86 60 96 0l22-4 34 120c0 40-14 80-18 120 60 150 110 330 124 500-130 34-290 34-420 0 14-170 64-350 124-500-4-40-18-80-18-120z" fill="url(#cloth)"/>'
        '<path d="M316 396c54 18 114 18 168 0l4 26c-56 20-120 20-176 0z" fill="url(#fold)"/>'
        '<path d="M330 440c-30 160-60 320-70 470M372 446c-14 160-26 320-30 486M428 446c14 160 26 320 30 486M470 440c30 160 60 320 70 470" stroke="#000" stroke-opacity=".16" stroke-width="7" fill="none"/>'
    ),
    "jeans": (
        '<path d="M284 170h232l40 740H432l-26-520h-12l-26 520H244z" fill="url(#cloth)"/><path d="M284 170h232l4 44H280z" fill="url(#fold)"/>'
        '<path d="M400 214v170M296 230c8 60 44 84 84 80M504 230c-8 60-44 84-84 80" stroke="#d9a45b" stroke-opacity=".8" stroke-width="4" stroke-dasharray="9 6" fill="none"/>'
        '<path d="M262 560c30 12 70 12 100 0M438 560c30 12 70 12 100 0M256 590c34 12 74 12 104 0M440 590c34 12 74 12 104 0" stroke="#000" stroke-opacity=".12" stroke-width="4" fill="none"/>'
        '<path d="M246 880h124l-2 30H244zM430 880h124l2 30H432z" fill="#fff" fill-opacity=".1"/><circle cx="400" cy="192" r="9" fill="#d9a45b"/>'
    ),
    "shirt": (
        '<path d="M316 196c54 26 114 26 168 0 62 14 110 40 130 84 28 70 44 200 54 320l-74 16-50-206-4 420c-90 22-190 22-280 0l-4-420-50 206-74-16c10-120 26-250 54-320 20-44 68-70 130-84z" fill="url(#cloth)"/>'
        '<path d="M316 196l84 70 84-70 14 40-70 60-28-30-28 30-70-60z" fill="url(#fold)"/><path d="M400 270v566" stroke="#000" stroke-opacity=".14" stroke-width="4"/>'
        '<g fill="#9c9c97"><circle cx="400" cy="340" r="6"/><circle cx="400" cy="430" r="6"/><circle cx="400" cy="520" r="6"/><circle cx="400" cy="610" r="6"/><circle cx="400" cy="700" r="6"/></g>'
        '<path d="M440 420h90v100q-45 30-90 0z" fill="none" stroke="#000" stroke-opacity=".12" stroke-width="4"/>'
    ),
    "hat": (
        '<path d="M220 560c0-180 80-300 180-300s180 120 180 300z" fill="url(#cloth)"/>'
        '<path d="M206 540c120-30 268-30 388 0 14 50 12 100 0 140-120 26-268 26-388 0-12-40-14-90 0-140z" fill="url(#fold)"/>'
        '<path d="M240 536v150M272 530v162M304 526v170M336 522v176M368 520v180M400 520v180M432 520v180M464 522v176M496 526v170M528 530v162M560 536v150" stroke="#000" stroke-opacity=".13" stroke-width="8"/>'
        '<path d="M320 300c-40 60-60 150-60 230M360 270c-20 80-26 170-26 250M400 262v256M440 270c20 80 26 170 26 250M480 300c40 60 60 150 60 230" stroke="#000" stroke-opacity=".09" stroke-width="8" fill="none"/>'
    ),
}


def sample_photo(url: str) -> bytes | None:
    """The photograph at this address as an SVG of 800 by 1000, or None for an address that samples do not use."""
    known = _ADDRESS.fullmatch(url)
    name = known[1] if known else ""
    if name not in _DRAWINGS:
        return None
    wall, lit, shaded = _CLOTH[name]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="800" height="1000" viewBox="0 0 800 1000"><defs>'
        f'<radialGradient id="wall" cx=".38" cy=".3" r=".95"><stop offset="0" stop-color="#fff" stop-opacity=".55"/>'
        '<stop offset=".55" stop-color="#fff" stop-opacity="0"/><stop offset="1" stop-color="#000" stop-opacity=".14"/></radialGradient>'
        f'<linearGradient id="cloth" x1="0" x2="1" y1="0" y2=".5"><stop offset="0" stop-color="{lit}"/>'
        f'<stop offset=".45" stop-color="{lit}"/><stop offset="1" stop-color="{shaded}"/></linearGradient>'
        f'<linearGradient id="fold" x1="0" x2="1"><stop offset="0" stop-color="{shaded}"/><stop offset=".5" stop-color="{lit}"/>'
        f'<stop offset="1" stop-color="{shaded}"/></linearGradient>'
        '<filter id="soft" x="-40%" y="-40%" width="180%" height="180%"><feGaussianBlur stdDeviation="22"/></filter></defs>'
        f'<rect width="800" height="1000" fill="{wall}"/><rect width="800" height="1000" fill="url(#wall)"/>'
        f'<g transform="translate(26 30)" filter="url(#soft)" opacity=".28" style="mix-blend-mode:multiply">{_shadow(name)}</g>'
        f"{_DRAWINGS[name]}</svg>"
    ).encode()


def _shadow(name: str) -> str:
    """The outline of the cloth, dark."""
    outline = re.search(r' d="([^"]+)"', _DRAWINGS[name])
    assert outline
    return f'<path d="{outline[1]}" fill="#3a332b"/>'
