"""An empty workbook to fill in: the headers the importer knows best and one example row."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

import xlsxwriter

from .fields import FIELDS, KIND_LABELS, Kind

# A document number that begins so is the template's own example and never imported.
EXAMPLE_MARK = "示例"

# Invented, and the VINs have right check digits, so that the example shows what is accepted.
_EXAMPLES: Mapping[Kind, Mapping[str, str]] = {
    "deliveries": {
        "number": "示例XS20250608001（导入时不计，可删除）",
        "business": "零售",
        "state": "已交车",
        "ordered": "2025-06-01",
        "invoiced": "2025-06-05",
        "promised": "2025-06-08",
        "left_stock": "2025-06-08",
        "delivered": "2025-06-08",
        "consultant": "王晓东",
        "team": "一组",
        "customer_number": "KH000123",
        "customer_name": "李文静",
        "customer_kind": "个人",
        "gender": "女",
        "mobile": "13912345678",
        "landline": "0571-88123456",
        "province": "浙江省",
        "city": "杭州市",
        "district": "西湖区",
        "address": "文三路100号",
        "postcode": "310012",
        "brand": "长安",
        "series": "CS75",
        "model": "CS75 PLUS 1.5T 自动豪华型",
        "trim": "豪华型",
        "colour": "白色",
        "vin": "LS4ASE2W4SA123456",
        "engine_number": "JL476ZQCF1234567",
        "plate": "浙A12345",
        "payment": "全款",
        "price": "128900.00",
        "insurance_expiry": "2026-06-07",
        "lead_source": "来店",
    },
    "repair_orders": {
        "dealer": "杭州三访汽车销售服务有限公司",
        "number": "示例RO20250608001（导入时不计，可删除）",
        "order_type": "普通维修",
        "state": "已结算",
        "repair_type": "定期保养",
        "opened": "2025-06-08 09:20",
        "mileage": "15230",
        "mileage_out": "15231",
        "promised": "2025-06-08 11:30",
        "finished": "2025-06-08 11:05",
        "settlement_number": "JS20250608001",
        "settled": "2025-06-08 11:15",
        "closed": "2025-06-08 11:20",
        "advisor": "陈志强",
        "technician": "周伟",
        "plate": "浙A12345",
        "vin": "LS4ASE2W4SA123456",
        "brand": "长安",
        "series": "CS75",
        "model": "CS75 PLUS 1.5T 自动豪华型",
        "sold": "2024-06-08",
        "customer_number": "KH000123",
        "customer_name": "李文静",
        "customer_kind": "个人",
        "gender": "女",
        "mobile": "13912345678",
        "landline": "0571-88123456",
        "address": "浙江省杭州市西湖区文三路100号",
        "sender_name": "李文静",
        "sender_mobile": "13912345678",
        "fault_description": "常规保养，反映冷车启动有异响",
        "work_item": "更换机油、机滤",
        "amount": "388.00",
        "payer": "自费",
        "claim": "否",
        "warranty_state": "在保",
        "waiting_for_parts": "否",
        "last_service": "2024-12-06",
        "next_service": "2025-12-08",
        "next_service_mileage": "25000",
    },
    "lost_leads": {
        "number": "示例ZB20250608001（导入时不计，可删除）",
        "state": "已审核",
        "day": "2025-06-08",
        "met": "2025-05-20",
        "staff": "王晓东",
        "customer_name": "李文静",
        "gender": "女",
        "mobile": "13912345678",
        "wanted_model": "CS75 PLUS",
        "level": "A",
        "reason": "价格",
        "rival": "哈弗 H6",
        "lead_source": "来店",
    },
    "lost_list": {
        "number": "示例LS20250608001（导入时不计，可删除）",
        "day": "2025-06-08",
        "staff": "陈志强",
        "vin": "LS4ASE2W4SA123456",
        "plate": "浙A12345",
        "brand": "长安",
        "series": "CS75",
        "model": "CS75 PLUS 1.5T 自动豪华型",
        "customer_number": "KH000123",
        "customer_name": "李文静",
        "mobile": "13912345678",
        "last_visit": "2024-10-01",
        "mileage": "15230",
        "next_service": "2025-04-01",
        "lost_days": "250",
        "reason": "在外面修理厂保养",
    },
    "canvassing": {
        "number": "示例SJ20250608001（导入时不计，可删除）",
        "day": "2025-06-08",
        "staff": "陈志强",
        "customer_name": "李文静",
        "mobile": "13912345678",
        "plate": "浙A12345",
        "model": "CS75 PLUS",
        "place": "文三路停车场",
        "level": "高",
        "reason": "近期要做保养",
    },
}


def template_workbook(kind: Kind) -> bytes:
    """The workbook's bytes. Required columns are marked with *; every cell is text, so that long
    numbers keep their digits and dates the form they are typed in."""
    into = BytesIO()
    example = _EXAMPLES[kind]
    with xlsxwriter.Workbook(into, {"in_memory": True}) as book:
        sheet = book.add_worksheet(str(KIND_LABELS[kind]))
        text = book.add_format({"num_format": "@"})
        head = book.add_format({"num_format": "@", "bold": True, "bottom": 1})
        hint = book.add_format({"num_format": "@", "italic": True})
        for column, field in enumerate(FIELDS[kind]):
            header = field.headers[0] + ("*" if field.required else "")
            shown = example.get(field.name, "")
            sheet.set_column(column, column, max(2 * len(header), len(shown)) + 2, text)
            sheet.write_string(0, column, header, head)
            sheet.write_string(1, column, shown, hint)
        sheet.freeze_panes(1, 0)
    return into.getvalue()
