# ruff: noqa: E501 - drawings are long lines
"""What the demo shop sells: a few garments, with pictures drawn here so that nothing is fetched from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

CURRENCY = "RUB"


@dataclass(frozen=True)
class Garment:
    """A product of the demo shop; `drawing` is the inside of an SVG of 200 by 240."""

    id: str
    variant_id: str
    handle: str
    names: tuple[str, str]
    kinds: tuple[str, str]
    price: Decimal
    stock: int
    ground: str
    drawing: str

    def name(self, language: str) -> str:
        """The product's name in a language."""
        return self.names[language == "ru"]

    def kind(self, language: str) -> str:
        """The category in a language."""
        return self.kinds[language == "ru"]


def picture(garment: Garment) -> str:
    """The garment's picture as SVG."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 240" role="img">'
        f'<rect width="200" height="240" fill="{garment.ground}"/>{garment.drawing}</svg>'
    )


def find(product_id: str) -> Garment | None:
    """The product with this id, or None."""
    return next((garment for garment in GARMENTS if garment.id == product_id), None)


GARMENTS = (
    Garment(
        "8132561408123",
        "44318910218391",
        "selvedge-jeans",
        ("Selvedge jeans", "Джинсы «Кромка»"),
        ("Jeans", "Джинсы"),
        Decimal(7990),
        14,
        "#e9e2d3",
        '<path d="M62 40h76l10 162h-38l-9-92h-2l-9 92H52z" fill="#2c3e66"/>'
        '<path d="M62 40h76l1 17H61z" fill="#233254"/><path d="M100 57v53" stroke="#1b2743" stroke-width="3"/>'
        '<path d="M66 62q10 20 24 18M134 62q-10 20-24 18" fill="none" stroke="#d9a45b" stroke-width="2" '
        'stroke-dasharray="4 3"/><path d="M52 188h39l-1 14H51zM110 188h39l-1 14h-38z" fill="#f2ede2"/>'
        '<path d="M56 195h31M114 195h31" stroke="#b92d23" stroke-width="3" stroke-dasharray="5 3"/>'
        '<rect x="96" y="43" width="8" height="10" rx="4" fill="#d9a45b"/>',
    ),
    Garment(
        "8132561408124",
        "44318910218392",
        "wool-coat",
        ("Wool coat", "Пальто из шерсти"),
        ("Coats", "Пальто"),
        Decimal(18900),
        5,
        "#dfe4e2",
        '<path d="M70 34l30 14 30-14 30 22-12 76-10-4 8 86H54l8-86-10 4-12-76z" fill="#7b5a43"/>'
        '<path d="M70 34l30 14 30-14-8 52-22 128-22-128z" fill="#8d6a51"/>'
        '<path d="M74 36l26 60 26-60 6 4-18 62-14 14-14-14-18-62z" fill="#684a36"/>'
        '<g fill="#3d2a1e"><circle cx="92" cy="136" r="4"/><circle cx="108" cy="136" r="4"/><circle cx="92" cy="164" r="4"/>'
        '<circle cx="108" cy="164" r="4"/></g><path d="M62 150h22M116 150h22" stroke="#563c2b" stroke-width="5"/>',
    ),
    Garment(
        "8132561408125",
        "44318910218393",
        "linen-shirt",
        ("Linen shirt", "Льняная рубашка"),
        ("Shirts", "Рубашки"),
        Decimal(4590),
        22,
        "#d7e0ea",
        '<path d="M72 44l28 12 28-12 36 26-14 32-14-8v110H64V94l-14 8-14-32z" fill="#fbf8f0"/>'
        '<path d="M72 44l28 12 28-12-4 18-24 14-24-14z" fill="#e8e1d0"/><path d="M100 76v128" stroke="#cfc5ae" stroke-width="2"/>'
        '<g fill="#a89b7f"><circle cx="105" cy="96" r="2.5"/><circle cx="105" cy="122" r="2.5"/>'
        '<circle cx="105" cy="148" r="2.5"/><circle cx="105" cy="174" r="2.5"/></g>'
        '<path d="M112 100h18v20q-9 6-18 0z" fill="#f0eada" stroke="#d8cfb8"/>',
    ),
    Garment(
        "8132561408126",
        "44318910218394",
        "striped-jersey",
        ("Striped jersey", "Тельняшка"),
        ("Shirts", "Рубашки"),
        Decimal(3290),
        30,
        "#efe4dd",
        '<path d="M74 48q26 18 52 0l36 22-12 30-16-6v106H66V94l-16 6-12-30z" fill="#f7f5ef"/>'
        '<path d="M66 104h68M66 122h68M66 140h68M66 158h68M66 176h68M48 86l18-8M152 86l-18-8" stroke="#2c3e66" '
        'stroke-width="8"/><path d="M74 48q26 18 52 0l-3 8q-23 16-46 0z" fill="#2c3e66"/>',
    ),
    Garment(
        "8132561408127",
        "44318910218395",
        "wool-scarf",
        ("Wool scarf", "Шерстяной шарф"),
        ("Accessories", "Аксессуары"),
        Decimal(2490),
        40,
        "#e4e6da",
        '<path d="M58 60q42-28 84 0 8 30-10 42-32 14-64 0-18-12-10-42z" fill="#b92d23"/>'
        '<path d="M70 74q30-16 60 0" stroke="#8f1f18" stroke-width="5" fill="none"/>'
        '<path d="M84 100h32l10 98H86z" fill="#c9463b"/><path d="M85 122h34M86 150h36M87 178h38" stroke="#f2d9c8" stroke-width="6"/>'
        '<path d="M88 198v14M97 198v14M106 198v14M115 198v14M124 198v14" stroke="#b92d23" stroke-width="4"/>',
    ),
    Garment(
        "8132561408128",
        "44318910218396",
        "leather-boots",
        ("Leather boots", "Кожаные ботинки"),
        ("Shoes", "Обувь"),
        Decimal(11900),
        3,
        "#e6dfe6",
        '<path d="M66 60h52v70q4 22 34 28 18 6 18 30H62z" fill="#4a2f23"/><path d="M60 186h112v14H60z" fill="#241711"/>'
        '<path d="M60 200h26v8H60z" fill="#241711"/><path d="M66 60h52v14H66z" fill="#36211a"/>'
        '<path d="M98 86h20M98 102h20M100 118h20M104 134h22" stroke="#d9a45b" stroke-width="4" stroke-linecap="round"/>',
    ),
)
