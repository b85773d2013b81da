"""What cars come in for: complaints as service advisors write them down, and the jobs and sums that answer them.

A job is (name, yuan). Sums vary around these when an order is written.
"""

from dataclasses import dataclass

from infra.demo.catalogue import ELECTRIC, HYBRID, PETROL

FIRST_SERVICE = "首保"
SERVICE = "定保"
REPAIR = "一般维修"
WARRANTY = "索赔"
ACCIDENT = "事故"

ANY = (PETROL, HYBRID, ELECTRIC)
BURNING = (PETROL, HYBRID)
PLUGGED = (HYBRID, ELECTRIC)

Job = tuple[str, int]


@dataclass(frozen=True)
class Trouble:
    """A fault and its cure. ``drives``: the kinds of car that can have it."""

    complaint: str
    jobs: tuple[Job, ...]
    drives: tuple[str, ...] = ANY


FIRST_SERVICE_JOBS: dict[str, tuple[Job, ...]] = {
    PETROL: (("首次保养 更换机油机滤", 0), ("全车安全检测", 0)),
    HYBRID: (("首次保养 更换机油机滤", 0), ("高压系统检查", 0)),
    ELECTRIC: (("首次保养 全车检查", 0), ("高压系统检查", 0), ("动力电池检测", 0)),
}
SERVICE_JOBS: dict[str, tuple[Job, ...]] = {
    PETROL: (("更换机油机滤", 368), ("全车安全检测", 0)),
    HYBRID: (("更换机油机滤", 398), ("高压系统检查", 120)),
    ELECTRIC: (("常规保养检查", 268), ("动力电池检测", 0)),
}
SERVICE_EXTRAS: tuple[Trouble, ...] = (
    Trouble("更换空调滤芯", (("更换空调滤芯", 128),)),
    Trouble("更换空气滤清器", (("更换空气滤清器", 96),), BURNING),
    Trouble("轮胎换位", (("四轮换位、动平衡", 160),)),
    Trouble("更换制动液", (("更换制动液", 280),)),
    Trouble("更换火花塞", (("更换火花塞", 460),), BURNING),
    Trouble("清洗节气门", (("清洗节气门、进气道", 320),), BURNING),
    Trouble("更换变速箱油", (("更换变速箱油", 860),), (PETROL,)),
    Trouble("更换电驱冷却液", (("更换电驱冷却液", 420),), PLUGGED),
)
SERVICE_WORDS = (
    "保养到期",
    "客户预约保养",
    "保养灯亮",
    "常规保养，客户要求检查轮胎",
    "保养，顺便检查底盘",
    "里程到，做保养",
)

REPAIRS: tuple[Trouble, ...] = (
    Trouble("刹车时有尖叫声，前轮明显", (("更换前制动片", 560), ("制动盘修磨", 240))),
    Trouble("高速 100 码以上方向盘抖动", (("四轮动平衡", 160), ("四轮定位", 280))),
    Trouble("车辆跑偏，需一直往左带方向", (("四轮定位", 280),)),
    Trouble("右后轮胎扎钉漏气", (("补胎", 60),)),
    Trouble("左前轮胎鼓包", (("更换轮胎一条", 620), ("动平衡", 40))),
    Trouble("早上冷车启动困难，有时要打两次", (("更换蓄电池", 580),), BURNING),
    Trouble("空调不凉，怠速时更明显", (("空调系统检漏", 120), ("加注制冷剂", 260))),
    Trouble("空调出风有异味", (("清洗蒸发箱", 280), ("更换空调滤芯", 128))),
    Trouble("过减速带底盘有咯噔声", (("更换稳定杆连杆", 340),)),
    Trouble("雨刮刮不干净，有响声", (("更换雨刮片", 168),)),
    Trouble("怠速抖动，等红灯时车身晃", (("清洗节气门", 220), ("更换火花塞", 460)), BURNING),
    Trouble("加速无力，油耗比以前高", (("清洗喷油嘴", 380), ("更换空气滤清器", 96)), BURNING),
    Trouble("左前大灯不亮", (("更换近光灯泡", 180),), (PETROL,)),
    Trouble("遥控钥匙感应不到", (("更换钥匙电池、匹配", 60),)),
    Trouble("行车记录仪安装", (("加装行车记录仪", 480),)),
    Trouble("倒车影像时有时无", (("检修后视摄像头线束", 260),)),
    Trouble("充电到一半自动断开", (("检修充电口、更换充电锁", 480),), PLUGGED),
    Trouble("随车充电枪指示灯红灯", (("更换随车充电枪", 980),), PLUGGED),
    Trouble("天窗关闭时有异响", (("天窗导轨清洁润滑", 180),)),
    Trouble("发动机舱有皮带啸叫声", (("更换附件皮带", 360),), BURNING),
)
WARRANTIES: tuple[Trouble, ...] = (
    Trouble("中控屏行驶中黑屏重启", (("升级车机程序", 0), ("更换主机", 3200))),
    Trouble("右前减振器漏油", (("更换右前减振器", 780),)),
    Trouble("变速箱 2 挡升 3 挡有顿挫", (("升级变速箱控制程序", 0), ("变速箱自学习", 120)), (PETROL,)),
    Trouble("发动机故障灯亮，报氧传感器故障", (("更换后氧传感器", 520),), BURNING),
    Trouble("天窗排水管漏水，A 柱内饰潮湿", (("疏通排水管、更换排水管接头", 260),)),
    Trouble("转向时方向机有异响", (("更换转向中间轴", 960),)),
    Trouble("左后车窗升降器不工作", (("更换左后玻璃升降器", 430),)),
    Trouble("电动尾门关不严", (("更换尾门吸合锁", 690),)),
    Trouble("仪表提示动力电池绝缘故障", (("更换高压线束", 2600), ("高压系统检查", 0)), PLUGGED),
    Trouble("续航明显下降，满电只显示 380 公里", (("电池均衡、升级电池管理程序", 0),), (ELECTRIC,)),
    Trouble("驱动电机 60 码时有啸叫", (("更换驱动电机后轴承", 1850),), (ELECTRIC,)),
    Trouble("胎压报警误报", (("更换胎压传感器", 240),)),
    Trouble("发动机正时罩盖处渗油", (("更换正时罩盖密封、打胶", 640),), BURNING),
    Trouble("座椅加热不工作", (("更换座椅加热垫", 380),)),
)
ACCIDENTS: tuple[Trouble, ...] = (
    Trouble("前保险杠碰撞，左前大灯支架断", (("前保险杠喷漆", 680), ("更换左前大灯总成", 2450))),
    Trouble("右侧两门刮擦", (("右前门钣金喷漆", 850), ("右后门钣金喷漆", 850))),
    Trouble("追尾，后保险杠及尾门变形", (("更换后保险杠", 1280), ("尾门钣金喷漆", 1100), ("更换倒车雷达", 320))),
    Trouble("左前翼子板剐蹭，轮毂划伤", (("左前翼子板喷漆", 620), ("轮毂修复", 400))),
    Trouble("前挡风玻璃被石子打裂", (("更换前挡风玻璃", 1680),)),
    Trouble("停车场被撞，左后视镜损坏", (("更换左后视镜总成", 920), ("左前门抛光", 200))),
    Trouble("托底，发动机下护板破损", (("更换发动机下护板", 480), ("底盘检查", 80)), BURNING),
    Trouble("托底，电池包护板变形", (("更换电池包下护板", 1900), ("电池包气密检测", 300)), PLUGGED),
)

# Invented: the demo names no real insurer either.
INSURERS = ("安岭财险", "江海保险", "众禾财险", "泰和车险", "东桥财险")
ORDER_REMARKS = (
    "客户在店等候",
    "上门取送车",
    "客户要求保留旧件",
    "洗车后交车",
    "客户赶时间",
    "委托他人送修",
    "已电话告知费用",
)
