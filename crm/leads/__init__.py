"""People to win: lost leads 战败记录, lost customers 流失名单 and canvassing sheets 扫街登记, as files bring them."""
