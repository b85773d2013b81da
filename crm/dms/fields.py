"""The fields of each kind of DMS file, the headers they are known by, and which must be there.

The first header of a field is the one of the DMS export most stores have; the others are what
people and other systems write instead. Headers are compared by `columns.plain_header`.
Fields that share a `required` word can stand in for each other: one of them is enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ListKind: TypeAlias = Literal["lost_leads", "lost_list", "canvassing"]
Kind: TypeAlias = Literal["deliveries", "repair_orders"] | ListKind
LISTS: tuple[ListKind, ...] = ("lost_leads", "lost_list", "canvassing")
KINDS: tuple[Kind, ...] = ("deliveries", "repair_orders", *LISTS)

KIND_LABELS: Mapping[Kind, Promise] = {
    "deliveries": _("销售台账"),
    "repair_orders": _("维修工单"),
    "lost_leads": _("战败记录"),
    "lost_list": _("流失名单"),
    "canvassing": _("扫街登记"),
}


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    label: str | Promise
    headers: tuple[str, ...]
    required: str = ""


def _field(name: str, label: Promise, headers: str, required: str = "") -> Field:
    return Field(name, label, tuple(headers.split()), required)


_VEHICLE = (
    _field("brand", _("品牌"), "品牌 车辆品牌 品牌名称"),
    _field("series", _("车系"), "车系 车系名称 系列"),
    _field("model", _("车型"), "车型 车型名称 车辆型号 型号"),
)

_DELIVERIES = (
    _field(
        "number",
        _("销售订单编号"),
        "销售订单编号 销售订单号 销售单号 订单编号 订单号 销售编号 合同编号 合同号 单据编号 单号",
        "number",
    ),
    _field("business", _("业务类型"), "业务类型 订单类型 销售类型"),
    _field("state", _("单据状态"), "单据状态 订单状态 状态"),
    _field("ordered", _("销售日期"), "销售日期 订单日期 下单日期 签约日期 签单日期"),
    _field("invoiced", _("开票日期"), "开票日期 发票日期 开票时间"),
    _field("promised", _("预定交车日期"), "预定交车日期 预计交车日期 预约交车日期 预交车日期"),
    _field("left_stock", _("出库日期"), "出库日期 出库时间 车辆出库日期"),
    _field(
        "delivered",
        _("交车日期"),
        "交车日期 实际交车日期 交车时间 实际交车时间 交付日期 交付时间 提车日期 提车时间",
        "delivered",
    ),
    _field("consultant", _("销售顾问"), "销售顾问 销售员 业务员 销售人员 销售经理 客户经理 顾问"),
    _field("team", _("组别"), "组别 销售组 团队 销售团队"),
    _field("customer_number", _("客户编号"), "客户编号 客户编码 客户代码 客户号 车主编号"),
    _field(
        "customer_name",
        _("客户名称"),
        "客户名称 客户姓名 客户 车主 车主姓名 车主名称 姓名 购车人 购车客户 买方",
        "customer_name",
    ),
    _field("customer_kind", _("客户类型"), "客户类型 客户性质 车主性质 车主类型"),
    _field("gender", _("性别"), "性别 客户性别"),
    _field(
        "mobile",
        _("联系人手机"),
        "联系人手机 手机 手机号 手机号码 移动电话 联系手机 客户手机 车主手机 联系方式",
        "phone",
    ),
    _field(
        "landline",
        _("联系人电话"),
        "联系人电话 电话 联系电话 电话号码 固定电话 座机 客户电话 固话 家庭电话",
        "phone",
    ),
    _field("province", _("省份"), "省份 省"),
    _field("city", _("城市"), "城市 市 地市"),
    _field("district", _("区县"), "区县 区 县 区/县"),
    _field("address", _("地址"), "地址 联系地址 客户地址 家庭地址 详细地址 通讯地址"),
    _field("postcode", _("邮编"), "邮编 邮政编码"),
    *_VEHICLE,
    _field("trim", _("配置"), "配置 配置名称 版本"),
    _field("colour", _("颜色"), "颜色 车身颜色 外观颜色 外色 车色"),
    _field("vin", _("VIN"), "VIN VIN码 VIN号 车架号 车架号码 底盘号 车辆识别代号 识别代号", "vin"),
    _field("engine_number", _("发动机号"), "发动机号 发动机号码 引擎号 电机号"),
    _field("plate", _("车牌号"), "车牌号 车牌 车牌号码 牌照号 牌照 号牌 牌号"),
    _field("payment", _("付款方式"), "付款方式 支付方式 购车方式"),
    _field("price", _("开票价格"), "开票价格 开票金额 成交价 成交价格 销售价格 车价 售价 发票金额"),
    _field("insurance_expiry", _("保险到期日"), "保险到期日 保险到期日期 保险到期 交强险到期日"),
    _field("lead_source", _("客户来源"), "客户来源 信息来源 来源 来源渠道"),
    _field("remark", _("备注"), "备注 说明 备注信息"),
)

_REPAIR_ORDERS = (
    _field("dealer", _("经销商"), "经销商 经销商名称 门店 店名 服务站 服务站名称"),
    _field(
        "number",
        _("工单号"),
        "工单号 维修工单号 工单编号 维修单号 委托书号 委托书编号 施工单号 派工单号 维修编号 RO号 RO单号 单据编号 单号",
        "number",
    ),
    _field("order_type", _("工单类型"), "工单类型 单据类型 业务类型"),
    _field("state", _("工单状态"), "工单状态 单据状态 状态"),
    _field("repair_type", _("维修类型"), "维修类型 修理类型 维修类别 维修种类 服务类型 作业类型"),
    _field(
        "opened",
        _("工单开单日期"),
        "工单开单日期 开单日期 开单时间 工单开单时间 进厂日期 进厂时间 来厂日期 来厂时间 "
        "进站日期 进站时间 接车日期 接车时间 送修日期 报修日期 入厂日期 入厂时间",
        "opened",
    ),
    _field(
        "mileage",
        _("进厂行驶里程"),
        "进厂行驶里程 进厂里程 行驶里程 里程 里程数 公里数 表里程 进站里程 行驶公里 当前里程",
    ),
    _field("mileage_out", _("出厂行驶里程"), "出厂行驶里程 出厂里程"),
    _field("promised", _("预交车时间"), "预交车时间 预计交车时间 预计交车日期 预交车日期"),
    _field("finished", _("竣工时间"), "竣工时间 竣工日期 完工时间 完工日期"),
    _field("settlement_number", _("结算单号"), "结算单号 结算编号 结算单编号"),
    _field("settled", _("结算时间"), "结算时间 结算日期 结账时间 结账日期", "closed"),
    _field(
        "closed",
        _("交车日期"),
        "交车日期 交车时间 实际交车时间 实际交车日期 出厂日期 出厂时间 离厂日期 离厂时间 "
        "出站日期 出站时间 提车日期 提车时间 取车时间",
        "closed",
    ),
    _field("advisor", _("服务顾问"), "服务顾问 客户经理 接待员 接车员 业务接待 SA 顾问 接待人"),
    _field("technician", _("维修技师"), "维修技师 技师 主修 主修人 主修技师 维修工 责任技师"),
    _field("plate", _("车牌号"), "车牌号 车牌 车牌号码 牌照号 牌照 号牌 牌号"),
    _field("vin", _("VIN"), "VIN VIN码 VIN号 车架号 车架号码 底盘号 车辆识别代号 识别代号", "vin"),
    *_VEHICLE,
    _field("sold", _("车辆销售日期"), "车辆销售日期 销售日期 购车日期 购车时间"),
    _field("customer_number", _("车主编号"), "车主编号 客户编号 客户编码 客户代码 客户号"),
    _field(
        "customer_name",
        _("车主"),
        "车主 车主姓名 车主名称 客户名称 客户姓名 客户 姓名",
    ),
    _field("customer_kind", _("车主性质"), "车主性质 车主类型 客户类型 客户性质"),
    _field("gender", _("性别"), "性别 车主性别 客户性别"),
    _field(
        "mobile",
        _("手机"),
        "手机 手机号 手机号码 车主手机 客户手机 联系人手机 移动电话 联系手机 联系方式",
    ),
    _field(
        "landline",
        _("电话"),
        "电话 车主电话 联系电话 电话号码 联系人电话 固定电话 座机 客户电话 固话",
    ),
    _field("address", _("地址"), "地址 联系地址 车主地址 客户地址 详细地址"),
    _field("sender_name", _("送修人"), "送修人 送修人姓名 送车人 报修人 联系人"),
    _field("sender_mobile", _("送修人手机"), "送修人手机 送修人手机号 送车人手机 报修人手机"),
    _field("sender_landline", _("送修人电话"), "送修人电话 送修人联系电话 送车人电话 报修人电话"),
    _field("fault_description", _("故障描述"), "故障描述 故障现象 客户描述 报修内容 客户陈述"),
    _field("work_item", _("维修项目名称"), "维修项目名称 维修项目 项目名称 作业项目 工时名称"),
    _field("amount", _("维修金额"), "维修金额 金额 结算金额 实收金额 应收金额 总金额 维修费用"),
    _field("payer", _("付费类型"), "付费类型 付费方式 费用类型 费用类别 账类 收费类型 收费区分"),
    _field("claim", _("是否索赔"), "是否索赔 索赔 索赔标识"),
    _field("warranty_state", _("三包状态"), "三包状态 三包 质保状态 保修状态"),
    _field("waiting_for_parts", _("是否待料"), "是否待料 待料 是否缺件"),
    _field("insurer", _("保险公司"), "保险公司 承保公司"),
    _field("last_service", _("上次保养日期"), "上次保养日期 上次保养时间"),
    _field("next_service", _("下次保养日期"), "下次保养日期 下次保养时间 预计下次保养日期"),
    _field("next_service_mileage", _("下次保养里程"), "下次保养里程 预计下次保养里程"),
    _field("remark", _("备注"), "备注 说明 备注信息"),
    _field("remark_more", _("备注1"), "备注1 备注2 备注一"),
)

_PERSON = (
    _field("customer_number", _("客户编号"), "客户编号 客户编码 客户代码 客户号 车主编号"),
    _field(
        "customer_name",
        _("客户名称"),
        "客户姓名 客户名称 姓名 客户 车主 车主姓名 车主名称 潜客姓名 潜客名称 联系人",
    ),
    _field("customer_kind", _("客户类型"), "客户类型 客户性质 车主性质 车主类型"),
    _field("gender", _("性别"), "性别 客户性别"),
    _field(
        "mobile",
        _("手机"),
        "手机 手机号 手机号码 联系人手机 联系手机 客户手机 车主手机 移动电话 联系方式",
        "who",
    ),
    _field("landline", _("电话"), "电话 联系电话 客户电话 联系人电话 车主电话 电话号码 固定电话 座机", "who"),
    _field("address", _("地址"), "地址 联系地址 客户地址 家庭地址 详细地址"),
)
_CAR = (
    _field("vin", _("VIN"), "VIN VIN码 VIN号 车架号 车架号码 底盘号 车辆识别代号 识别代号", "who"),
    _field("plate", _("车牌号"), "车牌号 车牌 车牌号码 牌照号 牌照 号牌 牌号", "who"),
)
_REMARK = _field("remark", _("备注"), "备注 说明 备注信息")

# No file of these lists was seen; the headers are those of the standards' forms and of dealers' sheets (handbook §2).
_LOST_LEADS = (
    _field(
        "number",
        _("编号"),
        "战败编号 战败单号 线索编号 线索号 潜客编号 意向客户编号 商机编号 编号 单号",
    ),
    _field("state", _("单据状态"), "战败状态 审批状态 审核状态 线索状态 状态"),
    _field("day", _("战败日期"), "战败日期 战败时间 战败登记日期 战败申请日期 战败审批日期 登记日期 日期", "day"),
    _field("met", _("建卡日期"), "建卡日期 建档日期 首次来店日期 来店日期 线索日期 创建日期 创建时间"),
    _field("staff", _("销售顾问"), "销售顾问 跟进顾问 跟进人 销售员 业务员 销售人员 客户经理 顾问"),
    *_PERSON,
    _field("wanted_model", _("意向车型"), "意向车型 意向车系 意向车辆 意向产品 拟购车型 车型 车系"),
    _field("level", _("意向级别"), "意向级别 意向等级 客户级别 级别"),
    _field("reason", _("战败原因"), "战败原因 战败原因分类 战败类型 战败说明 原因"),
    _field(
        "rival",
        _("购买竞品"),
        "购买竞品 购买品牌 购买车型 竞品车型 竞品品牌 竞品 竞争车型 对比车型 购买其他品牌",
    ),
    _field("lead_source", _("客户来源"), "客户来源 信息来源 来源渠道 来源 渠道"),
    _REMARK,
)
_LOST_LIST = (
    _field("number", _("编号"), "名单编号 流失编号 编号"),
    _field("day", _("列入日期"), "列入日期 名单日期 流失日期 生成日期 统计日期 下发日期 导出日期 日期"),
    _field("staff", _("服务顾问"), "服务顾问 上次服务顾问 客户经理 SA 跟进人 负责人 顾问"),
    *_CAR,
    *_VEHICLE,
    *_PERSON,
    _field(
        "last_visit",
        _("上次进厂日期"),
        "上次进厂日期 最近进厂日期 最后进厂日期 末次进厂日期 最近一次进厂日期 上次来厂日期 最近来厂日期 "
        "上次维修日期 上次进站日期 最后来厂日期 上次保养日期 最后保养日期",
    ),
    _field("mileage", _("上次进厂里程"), "上次进厂里程 最近进厂里程 最后进厂里程 上次里程 行驶里程 里程"),
    _field("next_service", _("下次保养日期"), "下次保养日期 应保养日期 预计保养日期 预计下次保养日期 保养到期日"),
    _field("lost_days", _("流失天数"), "流失天数 未进厂天数 未回厂天数 未来厂天数"),
    _field("reason", _("流失原因"), "流失原因 流失类型 流失级别 原因"),
    _REMARK,
)
_CANVASSING = (
    _field("number", _("编号"), "登记编号 编号"),
    _field("day", _("登记日期"), "登记日期 扫街日期 走访日期 登记时间 日期"),
    _field("staff", _("登记人"), "登记人 登记员 扫街人员 扫街人 业务员 跟进人 服务顾问 销售顾问"),
    *_PERSON,
    *_CAR,
    *_VEHICLE,
    _field("place", _("扫街地点"), "扫街地点 扫街区域 登记地点 地点 区域 小区 路段"),
    _field("level", _("意向级别"), "意向级别 意向程度 意向"),
    _field("reason", _("需求"), "客户需求 需求内容 需求 意向内容 意向项目"),
    _REMARK,
)

FIELDS: Mapping[Kind, tuple[Field, ...]] = {
    "deliveries": _DELIVERIES,
    "repair_orders": _REPAIR_ORDERS,
    "lost_leads": _LOST_LEADS,
    "lost_list": _LOST_LIST,
    "canvassing": _CANVASSING,
}

TELLING: Mapping[Kind, frozenset[str]] = {
    "lost_leads": frozenset({"reason", "rival"}),
    "lost_list": frozenset({"lost_days", "reason"}),
    "canvassing": frozenset({"place"}),
}
"""Fields that only such a list has: a list needs so little that many a file would pass for one."""
