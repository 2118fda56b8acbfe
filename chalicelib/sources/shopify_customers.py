"""What Shopify's webhooks prove about people: who they are, what they agreed to, what they ask to be forgotten."""

from __future__ import annotations

from datetime import datetime

from chalicelib.domain.events import Attributes, ConsentChange, Event, Identity
from chalicelib.domain.identifiers import (
    ShopCountry,
    cart_identity,
    email_identity,
    phone_identity,
    storefront_identity,
)
from chalicelib.errors import MalformedPayloadError
from chalicelib.sources.payload import Body, country, identifier, moment, present, section, text
from chalicelib.sources.shopify_payload import NAME, Delivery, Facts, global_id, own_id

MOST_TAGS = 32


def customer(delivery: Delivery) -> Facts:
    """A customer created, changed, enabled or disabled: what is known of the person, and consents said so far."""
    body = delivery.body
    if not own_id(body) and not text(body, "email", "phone"):
        raise MalformedPayloadError("$.id: a customer without id, email or phone")
    created = delivery.topic == "customers/create"
    at = delivery.time("created_at") if created else delivery.time("updated_at")
    attributes = _person(body, section(body, "default_address"))
    events = [Event("customer.created" if created else "customer.updated", at, customer=attributes)]
    if delivery.topic in ("customers/enable", "customers/disable"):
        events.append(Event(f"customer.{delivery.topic.removeprefix('customers/')}d", at))
    for channel, name in (("email", "email_marketing_consent"), ("sms", "sms_marketing_consent")):
        events += _consent(channel, section(body, name), at, only_said=True)
    if not section(body, "email_marketing_consent") and body.get("accepts_marketing") is True:
        given_at = delivery.time("accepts_marketing_updated_at", "updated_at")
        events.append(Event("consent.given", given_at, consent=ConsentChange("email", source="shopify customer")))
    return Facts(people(body, delivery.shop_country), tuple(events))


def customer_deleted(delivery: Delivery) -> Facts:
    """A customer deleted at the storefront."""
    if not own_id(delivery.body):
        raise MalformedPayloadError("$.id: missing")
    return Facts(people(delivery.body, delivery.shop_country), (Event("customer.deleted", delivery.at),))


def customers_merged(delivery: Delivery) -> Facts:
    """Two customers merged by the shop; only a merge that is complete proves anything."""
    kept = global_id(delivery.body.get("admin_graphql_api_customer_kept_id"))
    gone = global_id(delivery.body.get("admin_graphql_api_customer_deleted_id"))
    if text(delivery.body, "status").lower() != "completed" or not kept:
        return Facts((), ())
    # Both ids in one arrival: that they lead to one person is what merges their profiles.
    return Facts(
        (storefront_identity(NAME, kept), storefront_identity(NAME, gone)),
        (Event("customer.updated", delivery.at, customer=Attributes()),),
    )


def tags(delivery: Delivery) -> Facts:
    """Tags added to or removed from a customer."""
    body = delivery.body
    customer_id = global_id(body.get("customerId")) or identifier(body, "customer_id")
    if not customer_id:
        raise MalformedPayloadError("$.customerId: missing")
    name = "customer.updated" if delivery.topic.endswith("_added") else "customer.untagged"
    event = Event(name, delivery.time("occurredAt"), customer=Attributes(tags=_tag_names(body)))
    return Facts((storefront_identity(NAME, customer_id),), (event,))


def email_consent(delivery: Delivery) -> Facts:
    """Consent to marketing mail, changed."""
    body = delivery.body
    identities = (
        storefront_identity(NAME, identifier(body, "customer_id", "id")),
        email_identity(text(body, "email_address", "email")),
    )
    return Facts(identities, _consent("email", section(body, "email_marketing_consent"), delivery.at))


def sms_consent(delivery: Delivery) -> Facts:
    """Consent to marketing SMS, changed."""
    body = delivery.body
    identities = (
        storefront_identity(NAME, identifier(body, "customer_id", "id")),
        phone_identity(text(body, "phone"), shop_country=delivery.shop_country),
    )
    return Facts(identities, _consent("sms", section(body, "sms_marketing_consent"), delivery.at))


def _consent(channel: str, said: Body, at: datetime, *, only_said: bool = False) -> tuple[Event, ...]:
    """The consent in one of Shopify's consent objects; `only_said` leaves out what nobody ever said."""
    state = text(said, "state").lower()
    withdrawn = ("unsubscribed", "redacted") if only_said else ("unsubscribed", "redacted", "not_subscribed")
    if state != "subscribed" and state not in withdrawn:
        return ()
    name = "consent.given" if state == "subscribed" else "consent.withdrawn"
    level = text(said, "opt_in_level")
    change = ConsentChange(
        "email" if channel == "email" else "sms",
        source=f"shopify {text(said, 'consent_collected_from') or 'customer'}".lower(),
        text=f"opt-in level {level}" if level else "",
    )
    return (Event(name, moment(said, "consent_updated_at") or at, consent=change),)


def accepted_marketing(body: Body, at: datetime, where: str) -> tuple[Event, ...]:
    """Consent ticked at the checkout.

    A box left empty withdraws nothing: who is subscribed already may not have been asked.
    """
    events = []
    if body.get("buyer_accepts_marketing") is True:
        events.append(Event("consent.given", at, consent=ConsentChange("email", source=f"shopify {where}")))
    if body.get("buyer_accepts_sms_marketing") is True:
        events.append(Event("consent.given", at, consent=ConsentChange("sms", source=f"shopify {where}")))
    return tuple(events)


def redaction(delivery: Delivery) -> Facts:
    """A demand for erasure or for a copy of what is known of one person (GDPR); answered within 30 days."""
    name = "customer.redaction-requested" if delivery.topic == "customers/redact" else "customer.export-requested"
    customer = section(delivery.body, "customer")
    if not own_id(customer) and not text(customer, "email", "phone"):
        raise MalformedPayloadError("$.customer: nobody is named")
    request = identifier(section(delivery.body, "data_request"), "id")
    return Facts(people(customer, delivery.shop_country), (Event(name, delivery.at, data=present(request_id=request)),))


def shop_redaction(delivery: Delivery) -> Facts:
    """The shop left 48 hours ago: everything about it is to be erased."""
    data = present(shop_id=identifier(delivery.body, "shop_id"), shop_domain=text(delivery.body, "shop_domain"))
    return Facts((), (Event("shop.redaction-requested", delivery.at, data=data),))


def buyer(delivery: Delivery) -> tuple[Identity | None, ...]:
    """Who is behind a checkout or an order, the surest first; the address given for it goes before the account's."""
    body, shop_country = delivery.body, delivery.shop_country
    customer = section(body, "customer")
    address = section(body, "billing_address") or section(body, "shipping_address")
    region = country(address, "country_code") or country(section(customer, "default_address"), "country_code")
    phones = (text(body, "phone"), text(customer, "phone"), text(address, "phone"))
    return (
        storefront_identity(NAME, own_id(customer)),
        email_identity(text(body, "email", "contact_email")) or email_identity(text(customer, "email")),
        next(filter(None, (phone_identity(phone, region, shop_country) for phone in phones)), None),
        cart_identity(NAME, identifier(body, "cart_token")),
    )


def people(customer: Body, shop_country: ShopCountry) -> tuple[Identity | None, ...]:
    """A customer's identities, the surest first."""
    address = section(customer, "default_address")
    region = country(address, "country_code")
    phones = (text(customer, "phone"), text(address, "phone"))
    return (
        storefront_identity(NAME, own_id(customer)),
        email_identity(text(customer, "email")),
        next(filter(None, (phone_identity(phone, region, shop_country) for phone in phones)), None),
    )


def buyer_attributes(body: Body, at: datetime) -> tuple[Event, ...]:
    """What a checkout or an order tells of the person, as an event of its own; none when it tells nothing."""
    address = section(body, "shipping_address") or section(body, "billing_address")
    customer = section(body, "customer")
    attributes = _person(customer, address or section(customer, "default_address"), text(body, "customer_locale"))
    return (Event("customer.updated", at, customer=attributes),) if attributes != Attributes() else ()


def _person(customer: Body, address: Body, locale: str = "") -> Attributes:
    return Attributes(
        first_name=text(customer, "first_name") or text(address, "first_name"),
        last_name=text(customer, "last_name") or text(address, "last_name"),
        city=text(address, "city"),
        country=country(address, "country_code"),
        locale=locale or text(customer, "locale"),
        tags=_tag_names(customer),
    )


def _tag_names(body: Body) -> tuple[str, ...]:
    tags = body.get("tags")
    names = tags.split(",") if isinstance(tags, str) else tags if isinstance(tags, list) else []
    return tuple(dict.fromkeys(tag.strip()[:100] for tag in names if isinstance(tag, str) and tag.strip()))[:MOST_TAGS]
