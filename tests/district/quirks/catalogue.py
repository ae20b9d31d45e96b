"""Every quirk by name: the function's, with hyphens."""

from collections.abc import Callable

from tests.district.population import Population
from tests.district.quirks import envelopes, identifiers, listed, naming, references, values, wording
from tests.district.quirks.envelopes import Envelope
from tests.district.wire import Payload

_VIEWS: tuple[Callable[[Population], Population], ...] = (
    listed.one_user_per_school,
    listed.without_tombstones,
    listed.enrolled_students_only,
    listed.enrolled_users_only,
    listed.enabled_accounts_only,
    listed.staff_as_administrators,
    listed.current_year_only,
    listed.everyone_private,
    identifiers.ids_numbers,
    identifiers.ids_hashed,
    identifiers.ids_marked,
    identifiers.ids_prefixed,
    identifiers.ids_underscored,
    identifiers.ids_mixed_case,
    identifiers.ids_zero_district,
)
_PAYLOADS: tuple[Callable[[str, Payload], Payload], ...] = (
    values.booleans_native,
    values.booleans_text,
    values.booleans_upper,
    values.booleans_number,
    values.booleans_digit,
    values.null_arrays,
    values.null_references,
    values.null_texts,
    values.single_for_array,
    values.blank_dates,
    values.dates_with_time,
    values.moments_without_time,
    values.number_ids,
    references.reference_types_wrong,
    references.href_relative,
    references.href_wrong,
    references.href_foreign,
    naming.csv_names,
    naming.course_orgs,
    wording.status_spelled,
    wording.blank_titles,
    wording.blank_elementary_titles,
    wording.blank_class_codes,
    wording.blank_usernames,
    wording.unknown_roles,
    wording.extension_roles,
    wording.unknown_org_types,
    wording.extension_org_types,
    wording.extension_class_types,
    wording.sensitive_metadata,
    wording.legacy_ids_in_metadata,
)
_ENVELOPES: tuple[Callable[[str, Envelope], Envelope], ...] = (
    envelopes.bare_arrays,
    envelopes.named_after_path,
    envelopes.named_after_parts,
    envelopes.single_record_pages,
    envelopes.single_org_as_school,
    envelopes.status_info_beside,
)


def _name(quirk: Callable[..., object]) -> str:
    return quirk.__name__.replace("_", "-")


VIEWS = {_name(quirk): quirk for quirk in _VIEWS}
PAYLOADS = {_name(quirk): quirk for quirk in _PAYLOADS}
ENVELOPES = {_name(quirk): quirk for quirk in _ENVELOPES}
