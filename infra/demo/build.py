"""Makes the demo network's files: three months of each dealer's business, and the export of the morning after.

The store's routine is this: each morning somebody exports the last three days from the DMS and imports them. So
:func:`build` tells the state of the evening before last, and :func:`todays_export` what this morning's export would
hold: yesterday's business, the two days before once more, whatever has changed since. Importing it is left to the
visitor.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from infra.demo import dirt
from infra.demo.business import Business, rng_of, run
from infra.demo.cast import NETWORK, Dealer
from infra.demo.exports import STYLES, columns, write
from infra.demo.ledgers import Row, order_rows, sales_rows
from infra.demo.manifest import DELIVERIES, REPAIR_ORDERS, Blemish, FileFacts, Kind, Manifest, Outcome, Stories
from infra.demo.orders import Order, write_orders
from infra.demo.stories import tell

EXPORT_DAYS = 3
_LONG_AGO = timedelta(days=10)
_HAPPENINGS = ("销售日期", "开票日期", "工单开单日期", "竣工时间", "结算时间", "交车日期")


@dataclass
class Dossier:
    """All that is known of a dealership: its business, and what is spoilt in its first files and in the later one."""

    dealer: Dealer
    business: Business
    orders: list[Order]
    stories: Stories
    spots: dict[Kind, list[dirt.Spot]]
    doubled: dict[Kind, str]
    later_spots: list[dirt.Spot]


def build(reference_date: date, folder: Path) -> Manifest:
    """Writes two files for each dealer and ``manifest.json`` below ``folder``: three months until the evening before
    last. The same date gives the same bytes.
    """
    moment = _evening_before_last(reference_date)
    dossiers = [_dossier(dealer, index, reference_date) for index, dealer in enumerate(NETWORK.dealers)]
    files = [file for dossier in dossiers for file in _first_files(dossier, moment, folder)]
    return _finish(reference_date, moment, files, dossiers, folder)


def todays_export(reference_date: date, folder: Path) -> Manifest:
    """Writes what each dealer's DMS exports on the morning of ``reference_date``: the last three days, with rows that
    :func:`build` had already, changed values among them.
    """
    moment = datetime.combine(reference_date, time())
    dossiers = [_dossier(dealer, index, reference_date) for index, dealer in enumerate(NETWORK.dealers)]
    files = [file for dossier in dossiers for file in _later_files(dossier, reference_date, folder)]
    return _finish(reference_date, moment, files, dossiers, folder)


def _evening_before_last(reference_date: date) -> datetime:
    return datetime.combine(reference_date - timedelta(days=1), time())


def _finish(
    reference_date: date, moment: datetime, files: list[FileFacts], dossiers: list[Dossier], folder: Path
) -> Manifest:
    manifest = Manifest(reference_date, moment, tuple(files), tuple(dossier.stories for dossier in dossiers))
    (folder / "manifest.json").write_text(manifest.as_json(), encoding="utf-8")
    return manifest


def _dossier(dealer: Dealer, index: int, reference_date: date) -> Dossier:
    moment = _evening_before_last(reference_date)
    business = run(dealer, index, reference_date)
    orders = write_orders(rng_of(dealer, "orders"), dealer, business.visits)
    stories = tell(dealer.slug, rng_of(dealer, "stories"), business, orders, moment)
    rng = rng_of(dealer, "dirt")
    kept_clean = _vins_of(stories, orders)

    sales = sales_rows(dealer, business.sales, moment)
    settled = [
        sale.number for sale in business.sales
        if sale.delivered < moment - _LONG_AGO and sale.car.vin not in kept_clean
    ]  # fmt: skip
    spots: dict[Kind, list[dirt.Spot]] = {DELIVERIES: dirt.choose(rng, dirt.DELIVERY_DIRT, sales, settled, [])}
    doubled: dict[Kind, str] = {DELIVERIES: settled.pop()}

    rows = order_rows(dealer, orders, moment)
    clean = [order for order in orders if order.opened < moment and order.car.vin not in kept_clean]
    settled = [order.number for order in clean if max(order.left, order.settled) < moment - _LONG_AGO]
    fresh = [order.number for order in clean if order.opened >= moment - timedelta(days=EXPORT_DAYS - 1)]
    falling = dirt.fall_back(rows, settled)
    spots[REPAIR_ORDERS] = [*dirt.choose(rng, dirt.ORDER_DIRT, rows, settled, fresh), falling]
    doubled[REPAIR_ORDERS] = settled.pop()
    later_spots = dirt.choose(rng, dirt.LATER_DIRT, rows, settled, fresh)
    return Dossier(dealer, business, orders, stories, spots, doubled, later_spots)


def _vins_of(stories: Stories, orders: list[Order]) -> set[str]:
    documents = {document for double in stories.doubles for document in (double.document, double.other_document)}
    return (
        {order.car.vin for order in orders if order.number in documents}
        | {change.vin for change in stories.owner_changes}
        | {wrong.vin for wrong in stories.wrong_numbers}
    )


def _tables(dossier: Dossier, moment: datetime) -> dict[Kind, dict[str, Row]]:
    return {
        DELIVERIES: sales_rows(dossier.dealer, dossier.business.sales, moment),
        REPAIR_ORDERS: order_rows(dossier.dealer, dossier.orders, moment),
    }


def _first_files(dossier: Dossier, moment: datetime, folder: Path) -> Iterable[FileFacts]:
    for kind, rows in _tables(dossier, moment).items():
        spots, twice = dossier.spots[kind], dossier.doubled[kind]
        _spoil(rows, spots)
        numbers = [*sorted(rows), twice]
        blemishes = [_blemish(dossier.dealer, numbers, spot) for spot in spots]
        blemishes.append(_doubled(dossier.dealer, kind, numbers, twice))
        path = write(dossier.dealer, kind, [rows[number] for number in numbers], moment, folder)
        yield _facts(dossier.dealer, kind, path, rows, numbers, blemishes, new=_standing(rows, blemishes))


def _later_files(dossier: Dossier, reference_date: date, folder: Path) -> Iterable[FileFacts]:
    moment = datetime.combine(reference_date, time())
    known = _tables(dossier, _evening_before_last(reference_date))
    since = moment - timedelta(days=EXPORT_DAYS)
    for kind, rows in _tables(dossier, moment).items():
        refused = {spot.document for spot in dossier.spots[kind] if spot.dirt.outcome == Outcome.FAULT}
        stored = {number: row for number, row in known[kind].items() if number not in refused}
        numbers = sorted(number for number, row in rows.items() if _touched(row, since))
        spots = dossier.later_spots if kind == REPAIR_ORDERS else []
        _spoil(rows, spots)
        blemishes = [_blemish(dossier.dealer, numbers, spot) for spot in spots]
        cancelled = {blemish.document for blemish in blemishes if blemish.outcome == Outcome.CANCELLED}
        standing = [number for number in numbers if number not in cancelled]
        shown = columns(dossier.dealer, kind)
        changes = {
            number: tuple(column for column in shown if rows[number][column] != stored[number][column])
            for number in standing if number in stored
        }  # fmt: skip
        path = write(dossier.dealer, kind, [rows[number] for number in numbers], moment, folder)
        yield _facts(
            dossier.dealer, kind, path, rows, numbers, blemishes,
            new=[number for number in standing if number not in stored],
            same=[number for number, changed in changes.items() if not changed],
            changed={number: changed for number, changed in changes.items() if changed},
        )  # fmt: skip


def _spoil(rows: dict[str, Row], spots: Iterable[dirt.Spot]) -> None:
    for spot in spots:
        rows[spot.document] = rows[spot.document] | {spot.dirt.column: spot.value}


def _touched(row: Row, since: datetime) -> bool:
    """Whether anything happened to a document since then, its planned days aside."""
    happened = (row.get(column) for column in _HAPPENINGS)
    days = (when.date() if isinstance(when, datetime) else when for when in happened if isinstance(when, date))
    return any(day >= since.date() for day in days)


def _number_column(kind: Kind) -> str:
    return "销售订单编号" if kind == DELIVERIES else "工单号"


def _blemish(dealer: Dealer, numbers: list[str], spot: dirt.Spot) -> Blemish:
    line = STYLES[dealer.style].header_line + 1 + numbers.index(spot.document)
    return Blemish(spot.dirt.kind, line, spot.document, spot.dirt.column, str(spot.value), spot.dirt.outcome)


def _doubled(dealer: Dealer, kind: Kind, numbers: list[str], twice: str) -> Blemish:
    """The last row wins, so the remark belongs to the line of the first."""
    line = STYLES[dealer.style].header_line + 1 + numbers.index(twice)
    return Blemish("doubled_document", line, twice, _number_column(kind), twice, Outcome.WARNING)


def _standing(rows: dict[str, Row], blemishes: list[Blemish]) -> list[str]:
    """The documents that come in: neither refused nor cancelled."""
    out = {blemish.document for blemish in blemishes if blemish.outcome in (Outcome.FAULT, Outcome.CANCELLED)}
    return [number for number in sorted(rows) if number not in out]


def _facts(
    dealer: Dealer,
    kind: Kind,
    path: str,
    rows: dict[str, Row],
    numbers: list[str],
    blemishes: list[Blemish],
    *,
    new: list[str],
    same: list[str] | None = None,
    changed: dict[str, tuple[str, ...]] | None = None,
) -> FileFacts:
    style = STYLES[dealer.style]
    done = "交车日期" if "交车日期" in columns(dealer, kind) else "结算时间"
    unfinished = [number for number in dict.fromkeys(numbers) if rows[number][done] is None]
    return FileFacts(
        dealer.slug, kind, path, style.encoding, style.header_line, len(numbers), tuple(blemishes),
        tuple(unfinished), tuple(new), tuple(same or ()), changed,
    )  # fmt: skip
