"""The DMS's two tables, as they stood at a moment: what had not happened yet is empty.

Column names and their order are those of a widely used DMS; each style of export leaves some out. ``DATE_ONLY``
columns hold days, all other times hold minutes.
"""

from collections.abc import Iterable
from datetime import date, datetime

from infra.demo.business import Sale
from infra.demo.cast import BRAND, Dealer
from infra.demo.catalogue import ELECTRIC
from infra.demo.days import add_months
from infra.demo.orders import Order
from infra.demo.words import words
from infra.demo.workshop import WARRANTY

Value = str | int | date | datetime | None
Row = dict[str, Value]

DELIVERY_COLUMNS = words(
    "销售订单编号 业务类型 单据状态 销售日期 开票日期 发票编号 预定交车日期 出库日期 交车日期 销售顾问 "
    "组别 客户编号 客户名称 客户类型 性别 联系人手机 联系人电话 省份 城市 区县 地址 邮编 品牌 车系 车型 "
    "配置 颜色 VIN 发动机号 车牌号 付款方式 开票价格 保险到期日 客户来源 备注"
)
ORDER_COLUMNS = words(
    "经销商 工单号 工单类型 工单状态 维修类型 工单开单日期 进厂行驶里程 出厂行驶里程 预交车时间 是否竣工 "
    "竣工时间 结算单号 结算时间 是否结清 结清日期 交车标识 交车日期 服务顾问 维修技师 车牌号 VIN 品牌 "
    "车系 车型 车辆销售日期 车主编号 车主 车主性质 手机 电话 送修人 送修人手机 送修人电话 故障描述 "
    "维修项目名称 维修金额 是否索赔 三包状态 是否待料 保险公司 上次保养日期 下次保养日期 下次保养里程 "
    "备注 备注1"
)
CANCELLED = "作废"
# Registering a new car takes about this many days; until then the DMS has no plate.
_DAYS_TO_PLATE = 12
_WARRANTY_MONTHS, _WARRANTY_KM = 36, 60_000


def sales_rows(dealer: Dealer, sales: Iterable[Sale], moment: datetime) -> dict[str, Row]:
    """Rows by order number: cars ordered before ``moment`` and not yet handed over, and all handed over."""
    return {sale.number: _sale_row(dealer, sale, moment) for sale in sales if sale.ordered < moment.date()}


def _sale_row(dealer: Dealer, sale: Sale, moment: datetime) -> Row:
    car, owner = sale.car, sale.car.owner
    invoiced = sale.invoiced < moment.date()
    handed_over = sale.delivered < moment
    plated = handed_over and (moment - sale.delivered).days >= _DAYS_TO_PLATE
    team = dealer.named("sales_consultant").index(sale.consultant) % 2
    return {
        "销售订单编号": sale.number,
        "业务类型": "新能源零售" if car.series.drive == ELECTRIC else "零售",
        "单据状态": "已交车" if handed_over else "已开票" if invoiced else "已配车",
        "销售日期": sale.ordered,
        "开票日期": sale.invoiced if invoiced else None,
        "发票编号": f"{sale.number[-8:]}{car.vin[-4:]}" if invoiced else None,
        "预定交车日期": car.delivered,
        "出库日期": car.delivered if handed_over else None,
        "交车日期": sale.delivered if handed_over else None,
        "销售顾问": sale.consultant,
        "组别": ("销售一组", "销售二组")[team],
        "客户编号": owner.number,
        "客户名称": owner.name,
        "客户类型": "公司" if owner.firm else "个人",
        "性别": owner.gender,
        "联系人手机": owner.mobile,
        "联系人电话": owner.landline,
        "省份": owner.province,
        "城市": owner.city,
        "区县": owner.district,
        "地址": owner.address,
        "邮编": owner.postcode,
        "品牌": BRAND,
        "车系": car.series.name,
        "车型": car.model,
        "配置": car.trim.name,
        "颜色": car.colour,
        "VIN": car.vin,
        "发动机号": car.engine_number,
        "车牌号": car.plate if plated else None,
        "付款方式": sale.payment,
        "开票价格": sale.price if invoiced else None,
        "保险到期日": add_months(car.delivered, 12) if handed_over else None,
        "客户来源": sale.source,
        "备注": owner.remark,
    }


def order_rows(dealer: Dealer, orders: Iterable[Order], moment: datetime) -> dict[str, Row]:
    """Rows by order number: every order opened before ``moment``."""
    return {order.number: _order_row(dealer, order, moment) for order in orders if order.opened < moment}


def _order_row(dealer: Dealer, order: Order, moment: datetime) -> Row:
    car, owner = order.car, order.owner
    finished, left, settled = order.finished < moment, order.left < moment, order.settled < moment
    in_warranty = order.opened.date() < add_months(car.delivered, _WARRANTY_MONTHS) and order.mileage < _WARRANTY_KM
    bringer, bringer_mobile = order.brought_by
    next_day, next_km = order.next_service
    return {
        "经销商": dealer.short_name,
        "工单号": order.number,
        "工单类型": "预约" if order.by_appointment else "普通",
        "工单状态": "已结算" if settled else "已交车" if left else "已竣工" if finished else "维修中",
        "维修类型": order.kind,
        "工单开单日期": order.opened,
        "进厂行驶里程": order.mileage,
        "出厂行驶里程": order.mileage + len(order.jobs) if finished else None,
        "预交车时间": order.promised,
        "是否竣工": _yes(finished),
        "竣工时间": order.finished if finished else None,
        "结算单号": order.number.replace("RO", "JS") if settled else None,
        "结算时间": order.settled if settled else None,
        "是否结清": _yes(settled),
        "结清日期": order.settled.date() if settled else None,
        "交车标识": _yes(left),
        "交车日期": order.left if left else None,
        "服务顾问": order.advisor,
        "维修技师": order.technician,
        "车牌号": car.plate,
        "VIN": car.vin,
        "品牌": BRAND,
        "车系": car.series.name,
        "车型": car.model,
        "车辆销售日期": car.delivered,
        "车主编号": owner.number,
        "车主": owner.name,
        "车主性质": "单位" if owner.firm else "个人",
        "手机": owner.mobile,
        "电话": owner.landline,
        "送修人": bringer,
        "送修人手机": bringer_mobile,
        "送修人电话": None,
        "故障描述": order.complaint,
        "维修项目名称": "；".join(name for name, _price in order.jobs),
        "维修金额": order.amount,
        "是否索赔": _yes(order.kind == WARRANTY),
        "三包状态": "三包期内" if in_warranty else "三包期外",
        "是否待料": _yes(order.waits_for_parts and not finished),
        "保险公司": order.insurer,
        "上次保养日期": order.last_service[0] if order.last_service else None,
        "下次保养日期": next_day,
        "下次保养里程": next_km,
        "备注": order.remark,
        "备注1": None,
    }


def _yes(fact: bool) -> str:
    return "是" if fact else "否"
