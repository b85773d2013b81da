"""The demo's fixed cast: who works where, in which role. Tests and documents may rely on these people.

Mobiles begin with 1540. Public lists of the number segments in use have none there, so a demo can hardly ring a
stranger; they still have the form of a mobile (``^1[3-9]\\d{9}$``). Customers have 1542… and 1545…
(``people.Phonebook``). E-mail addresses end in ``.example``, which never resolves.
"""

from dataclasses import dataclass

CHINESE = "zh-hans"
ENGLISH = "en"


@dataclass(frozen=True)
class Person:
    """Somebody who signs in. ``region`` is set for the car maker's regional managers only."""

    role: str
    name: str
    email: str
    mobile: str
    language: str = CHINESE
    region: str = ""


# role, name, local part of the e-mail address, mobile[, language]
Row = tuple[str, str, str, str] | tuple[str, str, str, str, str]

CHENGDU: tuple[Row, ...] = (
    ("general_manager", "罗建川", "luo.jianchuan", "15402443747"),
    ("customer_director", "唐敏", "tang.min", "15402566569"),
    ("crc_manager", "陈雅婷", "chen.yating", "15401463812"),
    ("crc_specialist", "李娜", "li.na", "15408166378"),
    ("crc_specialist", "周思颖", "zhou.siying", "15408591279"),
    ("crc_specialist", "何雨桐", "he.yutong", "15403952358", ENGLISH),
    ("service_manager", "蒋国华", "jiang.guohua", "15406001672"),
    ("service_advisor", "邓凯", "deng.kai", "15401586093"),
    ("service_advisor", "冯小军", "feng.xiaojun", "15409407206"),
    ("service_advisor", "曾丽", "zeng.li", "15407904258"),
    ("service_advisor", "谢东升", "xie.dongsheng", "15408823872"),
    ("service_advisor", "彭佳", "peng.jia", "15408601719"),
    ("sales_manager", "郭晓燕", "guo.xiaoyan", "15407813656"),
    ("sales_consultant", "廖晨", "liao.chen", "15407218656"),
    ("sales_consultant", "蒲欣怡", "pu.xinyi", "15405534071"),
    ("sales_consultant", "严浩", "yan.hao", "15405746584"),
    ("sales_consultant", "税明轩", "shui.mingxuan", "15402652751"),
    ("sales_consultant", "龚雪", "gong.xue", "15409749744"),
    ("sales_consultant", "尹航", "yin.hang", "15403386423"),
)
CHONGQING: tuple[Row, ...] = (
    ("general_manager", "秦渝生", "qin.yusheng", "15401423783"),
    ("customer_director", "向红梅", "xiang.hongmei", "15409098441"),
    ("crc_manager", "冉静", "ran.jing", "15402681726"),
    ("crc_specialist", "谭晓玲", "tan.xiaoling", "15401948385"),
    ("crc_specialist", "田梦瑶", "tian.mengyao", "15401154534"),
    ("crc_specialist", "石文博", "shi.wenbo", "15406435615"),
    ("crc_specialist", "黎嘉欣", "li.jiaxin", "15404627154"),
    ("service_manager", "任大勇", "ren.dayong", "15408211218"),
    ("service_advisor", "牟江", "mou.jiang", "15402757831"),
    ("service_advisor", "代小波", "dai.xiaobo", "15401811465"),
    ("service_advisor", "熊芳", "xiong.fang", "15408442902"),
    ("service_advisor", "瞿磊", "qu.lei", "15403236405"),
    ("service_advisor", "文静怡", "wen.jingyi", "15407376321"),
    ("sales_manager", "傅强生", "fu.qiangsheng", "15404999309"),
    ("sales_consultant", "汪海洋", "wang.haiyang", "15403491930"),
    ("sales_consultant", "程璐", "cheng.lu", "15402660347"),
    ("sales_consultant", "潘俊杰", "pan.junjie", "15407451642"),
    ("sales_consultant", "余佳琪", "yu.jiaqi", "15408297360"),
    ("sales_consultant", "游志鹏", "you.zhipeng", "15404692021"),
    ("sales_consultant", "兰婷", "lan.ting", "15405055607"),
)
HANGZHOU: tuple[Row, ...] = (
    ("general_manager", "沈立峰", "shen.lifeng", "15404469696"),
    ("customer_director", "章慧敏", "zhang.huimin", "15401344062"),
    ("crc_manager", "俞晓岚", "yu.xiaolan", "15407827881"),
    ("crc_specialist", "孙可欣", "sun.kexin", "15401412201"),
    ("crc_specialist", "楼佳宁", "lou.jianing", "15401749672"),
    ("crc_specialist", "韩子墨", "han.zimo", "15401105374", ENGLISH),
    ("service_manager", "金国平", "jin.guoping", "15402904242"),
    ("service_advisor", "戚晓东", "qi.xiaodong", "15401399917"),
    ("service_advisor", "钱丽萍", "qian.liping", "15408916033"),
    ("service_advisor", "施炜", "shi.wei", "15402072521"),
    ("service_advisor", "骆宏伟", "luo.hongwei", "15402825928"),
    ("service_advisor", "来婷婷", "lai.tingting", "15409933396"),
    ("sales_manager", "徐海波", "xu.haibo", "15407961343"),
    ("sales_consultant", "虞梦洁", "yu.mengjie", "15401289735"),
    ("sales_consultant", "朱一鸣", "zhu.yiming", "15406665189"),
    ("sales_consultant", "茅佳慧", "mao.jiahui", "15403508962"),
    ("sales_consultant", "陆泽宇", "lu.zeyu", "15408349780"),
    ("sales_consultant", "应丹", "ying.dan", "15401790974"),
    ("sales_consultant", "裘晨阳", "qiu.chenyang", "15406572508"),
)
SUZHOU: tuple[Row, ...] = (
    ("general_manager", "顾永康", "gu.yongkang", "15408871332"),
    ("customer_director", "陆美娟", "lu.meijuan", "15407619684"),
    ("crc_manager", "吴静芳", "wu.jingfang", "15407908861"),
    ("crc_specialist", "徐梦婷", "xu.mengting", "15403637098"),
    ("crc_specialist", "马晓雯", "ma.xiaowen", "15406080080"),
    ("crc_specialist", "宋雨轩", "song.yuxuan", "15408970948"),
    ("service_manager", "浦建明", "pu.jianming", "15403269290"),
    ("service_advisor", "姚志刚", "yao.zhigang", "15403569055"),
    ("service_advisor", "殷建新", "yin.jianxin", "15408645405"),
    ("service_advisor", "苏琴", "su.qin", "15409433129"),
    ("service_advisor", "钮伟民", "niu.weimin", "15406246540"),
    ("sales_manager", "费晓峰", "fei.xiaofeng", "15402027178"),
    ("sales_consultant", "董雪晴", "dong.xueqing", "15406249527"),
    ("sales_consultant", "卞文杰", "bian.wenjie", "15409554403"),
    ("sales_consultant", "缪佳佳", "miao.jiajia", "15409456314"),
    ("sales_consultant", "邵天宇", "shao.tianyu", "15408879102"),
    ("sales_consultant", "席悦", "xi.yue", "15407689675"),
)
# Who has a second place of work and goes there by the switcher: e-mail address, the store's slug, role.
ELSEWHERE: tuple[tuple[str, str, str], ...] = (("tang.min@chengdu.yuanting.example", "chongqing", "customer_director"),)
# Mechanics have no account; their names stand in repair orders only.
TECHNICIANS: dict[str, tuple[str, ...]] = {
    "chengdu": ("杨顺", "刘波", "何建", "钟小林", "张兴", "雷成", "王建兵", "赖勇"),
    "chongqing": ("周德全", "李小兵", "陈川", "胡中华", "张渝", "蒋涛", "王万军", "吴超"),
    "hangzhou": ("傅金良", "王国庆", "李建江", "许峰", "胡小明", "方杰", "叶建飞"),
    "suzhou": ("朱春林", "沈卫东", "许建国", "王根荣", "张小弟", "陈林"),
}


def people(rows: tuple[Row, ...], mail_host: str) -> tuple[Person, ...]:
    return tuple(Person(row[0], row[1], f"{row[2]}@{mail_host}", row[3], *row[4:]) for row in rows)
