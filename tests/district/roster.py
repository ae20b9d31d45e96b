"""The rostering service's answers: a page of a collection, or one object."""

from dataclasses import dataclass
from http import HTTPStatus

from tests.district import query
from tests.district.district import District
from tests.district.errors import Refusal, status_info
from tests.district.listing import Collection, Row
from tests.district.pages import page
from tests.district.quirks import enveloped, shown
from tests.district.replies import Reply
from tests.district.selected_fields import chosen
from tests.district.wire import Payload, References

_REFUSED_ALWAYS = "demographics"


@dataclass(frozen=True, slots=True)
class Asked:
    """``url`` is absolute, as the client sent it; ``origin`` its scheme and host; ``parameters`` are decoded."""

    collection: str
    sourced_id: str
    origin: str
    url: str
    parameters: dict[str, str]


def answer(district: District, asked: Asked) -> Reply:
    """Raises Refusal: 403 and 404 for collections that are not to be had, 404 for what there is not, 400."""
    name = asked.collection
    if name == _REFUSED_ALWAYS or name in district.behaviour.refused:
        raise Refusal(HTTPStatus.FORBIDDEN, "forbidden", f"{name} is not shared with this application")
    collection = district.collections.get(name)
    if collection is None or name in district.behaviour.unlicensed:
        raise Refusal(HTTPStatus.NOT_FOUND, "unknownobject", "no such collection")
    if asked.sourced_id:
        return _one(district, collection, asked)
    return _page(district, collection, asked)


def _one(district: District, collection: Collection, asked: Asked) -> Reply:
    settings = district.settings
    selected = chosen(_fields(district, asked), collection.fields, settings.version)
    for row in collection.rows(district.shown):
        if row.sourced_id == asked.sourced_id:
            payload = selected.narrow(_show(district, collection, row, asked))
            envelope = enveloped(settings.quirks, asked.collection, {collection.single: payload})
            return Reply(HTTPStatus.OK, envelope)
    raise Refusal(HTTPStatus.NOT_FOUND, "unknownobject", f"no {collection.single} has this sourcedId")


def _page(district: District, collection: Collection, asked: Asked) -> Reply:
    settings = district.settings
    wanted = query.parse(
        asked.parameters,
        collection.fields,
        settings.queries,
        filter_fields=(settings.queries.filter_fields or {}).get(asked.collection),
        default_limit=settings.paging.default_limit,
    )
    selected = chosen(_fields(district, asked), collection.fields, settings.version)
    rows = district.selections.rows(district.shown, asked.collection, collection, wanted)
    part = page(rows, wanted, asked.url, settings.paging, district.behaviour)
    objects = [selected.narrow(_show(district, collection, row, asked)) for row in part.rows]
    body: Payload = {collection.plural: objects}
    warnings = _warnings(wanted.unknown_sort, selected.unknown) if settings.version == "1.1" else []
    if warnings:
        body["statusInfoSet"] = warnings
    return Reply(HTTPStatus.OK, enveloped(settings.quirks, asked.collection, body), part.headers)


def _show(district: District, collection: Collection, row: Row, asked: Asked) -> Payload:
    refer = References(asked.origin + district.base_path)
    return shown(district.settings.quirks, collection.single, collection.show(row, refer, district.shown))


def _fields(district: District, asked: Asked) -> str | None:
    return asked.parameters.get("fields") if district.settings.queries.fields == "honoured" else None


def _warnings(unknown_sort: str | None, unknown_field: str | None) -> list[Payload]:
    found = {
        "invalid_sort_field": unknown_sort and f"no field {unknown_sort} to sort by",
        "invalid_selection_field": unknown_field and f"no field {unknown_field} to select",
    }
    return [status_info("1.1", minor, text, warning=True) for minor, text in found.items() if text]
