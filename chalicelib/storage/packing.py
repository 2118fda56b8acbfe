"""Packing of bodies: a write unit is 1 KB of the whole item, so what is larger is compressed.

States and entries say the same few words again and again; a preset dictionary (RFC 1951, zlib's `zdict`) saves a tenth
more than deflate alone, which takes a typical regular's state from two write units to one.
"""

from __future__ import annotations

import zlib

COMPRESS_ABOVE = 700
"""Bytes of a body above which it is compressed: with keys and the other attributes such an item may reach 1 KB."""

PLAIN, DEFLATED = b"\x00", b"\x01"
"""First byte of what is stored. Another dictionary needs another marker: bodies written earlier must stay readable."""

DICTIONARY = (
    # Of entries: field names in the order they are written; of states: the words that most of them hold.
    b"first_name\xa9last_name\xa8birthday\xa6gender\xa4city\xa7country\xa2RU\xa9time_zone\xa6locale\xa4tags"
    b"order.cancelled\xaborder.refunded\xafcheckout.updated\xaforder.fulfilled\xaaorder.paid\xacorder.placed"
    b"\xaccart.updated\xabcustomer.updated\xafproduct.viewed\xa4name\xaboccurred_at\xa8customer\xa7consent\xa5topic"
    b"\xa8checkout\xa4cart\xa2id\xa6number\xa5total\xa8currency\xa3RUB\xa5lines\xaatracking_number\xactracking_url"
    b"\xaastatus_url\xa7cart_id\xabcheckout_id\xaaproduct_id\xaavariant_id\xa3sku\xa5title\xa8quantity\x01\xa5price"
    b"\xa8category\xa4size\xa5color\xa3url\xa9image_urlhttps://cdn.shopify.com/s/files/1/.jpg\xa3urlhttps://"
    b"phone\xb0storefront\xa5email\xa6device\xa8endpoint"
    b"sign-up formlegacydevice:storefront:woocommerce:storefront:shopify:\x82\xa1c\xa5email\xa1v\x82\xa1c\xa3sms\xa1v"
    b"\xab+7916\xadEurope/Moscow\xa2RU\xa3RUB\xa6placed\xa4paid\xa6packed\xa7shipped\xa9delivered\xa9marketing"
    b"\xadtransactional\xa4news\xa6orders\xaecart-abandoned\xadorder-updates\xa7welcome\xa7cart.id\xaacart.total"
    b"T00:00:00.000000Z#shopify#"
)


def pack(body: bytes, above: int = COMPRESS_ABOVE) -> bytes:
    """A body as it is stored: a one-byte marker, then the body, deflated if it has more than `above` bytes and that
    makes it smaller."""
    if len(body) > above:
        # No header and check sum (-15): DynamoDB checks what it stores.
        compressor = zlib.compressobj(level=6, wbits=-15, zdict=DICTIONARY)
        smaller = compressor.compress(body) + compressor.flush()
        if len(smaller) < len(body):
            return DEFLATED + smaller
    return PLAIN + body


def unpack(stored: bytes) -> bytes:
    """The body that `pack` was given.

    Raises:
        ValueError: the marker is unknown, as of a body that a newer version wrote.
    """
    marker, content = stored[:1], stored[1:]
    if marker == PLAIN:
        return content
    if marker == DEFLATED:
        return zlib.decompressobj(wbits=-15, zdict=DICTIONARY).decompress(content)
    raise ValueError(f"a stored body begins with the unknown marker {marker!r}")
