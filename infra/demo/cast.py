"""The demo network as data: one car maker, two regions, a group with three stores, one independent dealership."""

from dataclasses import dataclass

from infra.demo import staff
from infra.demo.staff import ENGLISH, Person, people

BRAND = "岚川"
EAST = "华东大区"
SOUTHWEST = "西南大区"


@dataclass(frozen=True)
class Place:
    """Where a dealer's customers live. ``plates``: the letters that number plates begin with."""

    province: str
    city: str
    plates: tuple[str, ...]
    area_code: str
    districts: tuple[str, ...]
    neighbours: tuple[tuple[str, str], ...]
    postcode: str


@dataclass(frozen=True)
class Dealer:
    """A dealership and how its DMS exports.

    ``code`` begins its document numbers; ``deliveries_a_month`` and ``fleet`` (cars of earlier years that still come)
    set the size of its business. ``style`` names the form of its files (``exports.STYLES``).
    """

    slug: str
    name: str
    short_name: str
    code: str
    phone: str
    region: str
    place: Place
    style: str
    deliveries_a_month: int
    fleet: int
    staff: tuple[Person, ...]
    technicians: tuple[str, ...]

    def named(self, role: str) -> tuple[str, ...]:
        return tuple(person.name for person in self.staff if person.role == role)


@dataclass(frozen=True)
class Holder:
    """A tenant that is not a dealership: the group or the car maker. ``members`` are dealers' slugs."""

    slug: str
    name: str
    short_name: str
    city: str
    phone: str
    staff: tuple[Person, ...]
    members: tuple[str, ...]


@dataclass(frozen=True)
class Network:
    oem: Holder
    regions: tuple[str, ...]
    group: Holder
    dealers: tuple[Dealer, ...]
    operators: tuple[Person, ...]

    def dealer(self, slug: str) -> Dealer:
        return next(dealer for dealer in self.dealers if dealer.slug == slug)


_CHENGDU = Place(
    "四川省",
    "成都市",
    ("川A", "川G"),
    "028",
    ("高新区", "武侯区", "锦江区", "青羊区", "金牛区", "成华区", "双流区", "天府新区", "龙泉驿区", "温江区", "郫都区"),
    (("德阳市", "旌阳区"), ("眉山市", "东坡区"), ("资阳市", "雁江区")),
    "610041",
)
_CHONGQING = Place(
    "重庆市",
    "重庆市",
    ("渝A", "渝B", "渝D"),
    "023",
    ("渝北区", "江北区", "两江新区", "沙坪坝区", "九龙坡区", "南岸区", "渝中区", "巴南区", "北碚区", "大渡口区"),
    (("重庆市", "合川区"), ("重庆市", "长寿区"), ("重庆市", "璧山区")),
    "401120",
)
_HANGZHOU = Place(
    "浙江省",
    "杭州市",
    ("浙A",),
    "0571",
    ("滨江区", "萧山区", "上城区", "西湖区", "拱墅区", "余杭区", "临平区", "钱塘区", "富阳区"),
    (("绍兴市", "柯桥区"), ("嘉兴市", "海宁市"), ("湖州市", "德清县")),
    "310051",
)
_SUZHOU = Place(
    "江苏省",
    "苏州市",
    ("苏E", "苏U"),
    "0512",
    ("工业园区", "姑苏区", "虎丘区", "吴中区", "相城区", "吴江区"),
    (("苏州市", "昆山市"), ("无锡市", "新吴区"), ("苏州市", "常熟市")),
    "215021",
)

NETWORK = Network(
    oem=Holder(
        "lanchuan",
        "岚川汽车销售有限公司",
        "岚川汽车",
        "合肥",
        "400-200-1860",
        (
            Person("oem_regional_manager", "高明远", "gao.mingyuan@lanchuan.example", "15405010702", region=EAST),
            Person("oem_regional_manager", "白鹭洲", "bai.luzhou@lanchuan.example", "15401460438", region=SOUTHWEST),
            Person("oem_head_office", "姜书恒", "jiang.shuheng@lanchuan.example", "15409530164"),
            Person("oem_head_office", "林安妮", "annie.lin@lanchuan.example", "15402402740", ENGLISH),
        ),
        ("chengdu", "chongqing", "hangzhou", "suzhou"),
    ),
    regions=(EAST, SOUTHWEST),
    group=Holder(
        "yuanting",
        "远汀汽车集团有限公司",
        "远汀集团",
        "成都",
        "028-20006600",
        (
            Person("group_head", "段景行", "duan.jingxing@yuanting.example", "15404348675"),
            Person("group_head", "江若晴", "jiang.ruoqing@yuanting.example", "15402252278", ENGLISH),
        ),
        ("chengdu", "chongqing", "hangzhou"),
    ),
    dealers=(
        Dealer(
            "chengdu",
            "成都远汀岚川汽车销售服务有限公司",
            "岚川成都高新店",
            "CD",
            "028-20006618",
            SOUTHWEST,
            _CHENGDU,
            "gbk-csv",
            58,
            1900,
            people(staff.CHENGDU, "chengdu.yuanting.example"),
            staff.TECHNICIANS["chengdu"],
        ),
        Dealer(
            "chongqing",
            "重庆远汀岚川汽车销售服务有限公司",
            "岚川重庆两江店",
            "CQ",
            "023-20008818",
            SOUTHWEST,
            _CHONGQING,
            "xlsx",
            62,
            2050,
            people(staff.CHONGQING, "chongqing.yuanting.example"),
            staff.TECHNICIANS["chongqing"],
        ),
        Dealer(
            "hangzhou",
            "杭州远汀岚川汽车销售服务有限公司",
            "岚川杭州滨江店",
            "HZ",
            "0571-20007718",
            EAST,
            _HANGZHOU,
            "utf8-csv",
            52,
            1750,
            people(staff.HANGZHOU, "hangzhou.yuanting.example"),
            staff.TECHNICIANS["hangzhou"],
        ),
        Dealer(
            "suzhou",
            "苏州禾泽汽车贸易有限公司",
            "岚川苏州禾泽店",
            "SZ",
            "0512-20005518",
            EAST,
            _SUZHOU,
            "titled-xlsx",
            46,
            1600,
            people(staff.SUZHOU, "heze.example"),
            staff.TECHNICIANS["suzhou"],
        ),
    ),
    operators=(Person("platform_operator", "方以宁", "fang.yining@sanfang.example", "15403900619"),),
)
