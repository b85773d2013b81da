"""Word lists the demo's people are drawn from, and how such lists are written."""


def words(text: str) -> tuple[str, ...]:
    """A list as one writes it: words with blanks between."""
    return tuple(text.split())


# Surnames, by how often each is drawn: the common ones are common here too.
_SURNAMES_BY_WEIGHT = {
    72: words("王 李 张"),
    50: words("刘 陈"),
    24: words("杨 黄 赵 周 吴"),
    14: words("徐 孙 胡 朱 高 林 何 郭 马 罗"),
    6: words("梁 宋 郑 谢 韩 唐 冯 于 董 程 曹 袁 邓 许 傅 沈 曾 彭 吕 苏 卢 蒋"),
    3: words("蔡 贾 丁 魏 薛 叶 余 潘 杜 戴 夏 钟 汪 田 任 姜 范 方 石 姚 谭 廖 邹 金 陆"),
    2: words("熊 郝 孔 白 崔 康 毛 邱 秦 江 史 顾 侯 邵 孟 龙 万 段 雷 钱 汤 尹 黎 易"),
    1: words("萧 阎 常 武 乔 贺 赖 龚 文 欧阳 司马 上官"),
}
SURNAMES = tuple(name for names in _SURNAMES_BY_WEIGHT.values() for name in names)
SURNAME_WEIGHTS = tuple(weight for weight, names in _SURNAMES_BY_WEIGHT.items() for _name in names)

MENS_NAMES = words(
    "伟 磊 军 勇 涛 超 杰 浩 斌 刚 辉 鹏 飞 峰 波 宁 凯 亮 平 林 志强 建国 建华 志明 文博 俊杰 晓东 海波 "
    "永强 国栋 家豪 子轩 宇航 浩然 明辉 嘉诚 一凡 建军 志刚 文杰 俊峰 晓峰 海涛 永刚 国庆 家明 子豪 宇轩 "
    "明哲 嘉伟 建平 志勇 文斌 俊涛 晓刚 海龙 永健 国强 家乐 子墨 宇辰 明亮 嘉俊 建新 志远 文涛 俊豪 晓伟 "
    "海洋 永明 国平 泽宇 天佑 思源 承志 启航 振华 光明 德明 兴旺 立新 世杰 正阳 少华 向东 卫东 春生 小龙 "
    "小军 新民 景明 耀辉 瑞峰 博涵 昊天 云飞 成龙 仁杰 庆丰 维康 克俭 树林 长江 万里 志鹏 学文 学军 福生"
)
WOMENS_NAMES = words(
    "芳 娜 敏 静 丽 艳 娟 霞 燕 玲 婷 雪 颖 琳 洁 倩 慧 莉 蕾 薇 丹 梅 秀英 桂芳 玉兰 丽华 秀兰 海燕 晓燕 "
    "红梅 丽娟 雪梅 婷婷 佳怡 欣怡 思雨 雨欣 梦瑶 雅静 诗涵 子涵 晓红 丽萍 春梅 淑芬 淑珍 凤英 美玲 晓丽 "
    "文静 雅琴 佳慧 欣然 思琪 雨桐 梦洁 雅雯 诗琪 可欣 晓娟 丽君 春燕 淑华 美华 晓玲 文慧 雅芳 佳琪 欣妍 "
    "思敏 雨薇 梦婷 梓萱 若彤 语彤 静怡 嘉怡 书瑶 安琪 依诺 晨曦 小红 小燕 素芬 惠英 月华 爱华 爱萍 冬梅 "
    "秋菊 金凤 银花 彩霞 玉梅 玉珍 建英 志红 晓梅 慧敏 慧玲 思颖 心怡 语桐"
)
# A few combinations would be read as somebody well known.
WELL_KNOWN = words("刘翔 刘涛 周杰 张杰 张磊 李娜 李宁 李小龙 李强 李鹏 林丹 王刚 范伟 赵薇")

ROADS = words(
    "人民路 建设路 解放路 滨河路 文化路 光华大道 科技一路 学府街 长青路 和平路 兴业路 新华大道 东环路 "
    "康宁街 锦绣路 向阳街"
)
ESTATES = words("锦悦府 云栖苑 和景花园 翡翠湾 南桥新村 书香名邸 枫林雅居 金色家园 望江苑 天和里 水岸新城 桂语庭")
OCCUPATIONS = words(
    "小学教师 护士 软件工程师 个体经营 公务员 会计 销售经理 出租车司机 网约车司机 银行职员 装修工程 电工 "
    "医生 餐饮业主 货运 设计师 退休 物业管理 律师 快递站长 服装批发 机械厂技术员 外企职员 中学教师 "
    "建筑监理"
)
TRADES = words("物流 商贸 建筑工程 餐饮管理 信息技术 医疗器械 装饰工程 环保科技 电子 食品")
FIRM_NAMES = words("沐峦 禾棠 启岚 屿舟 柏渡 青砚 云汀 望禾 泊远 锦砾 川岳 岚舟 汀远 橡屿 朴禾 遇川")
