-- A store with {many} customers for screens.py: real surnames by weight, a car each, two visits, a call after each, 3 % of
-- them open. One customer (number 1) has had fifty things happen.
CREATE FUNCTION pg_temp.key(kind int, number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
  $$ SELECT (lpad(to_hex(kind), 8, '0') || lpad(to_hex(number), 24, '0'))::uuid $$;
CREATE FUNCTION pg_temp.pick(signs text, number bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
  $$ SELECT substr(signs, 1 + (abs(hashint8(number)) % length(signs)), 1) $$;
INSERT INTO customers_customer (id, number, name, form_of_address, company, gender, mobile, mobile_state, landline,
                                address, do_not_call, created_at, updated_at)
SELECT pg_temp.key(1, n), '', CASE WHEN n % 40 = 0 THEN '成都' || given || '汽车服务有限公司' ELSE
         pg_temp.pick('王王王王王王王李李李李李李李张张张张张张刘刘刘刘刘陈陈陈陈杨杨杨黄黄赵赵吴吴周周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹', n)
         || CASE WHEN n % 5 = 0 THEN '' ELSE pg_temp.pick('伟秀丽建志文海晓雅思子雨梓浩宇欣', n * 7) END || given END,
       '', n % 40 = 0, '', '1' || (54 + n % 3) || lpad((abs(hashint8(n * 3)) % 100000000)::text, 8, '0'), 'verified', '', '',
       false, now() - interval '3 years', now() - (n % 1000) * interval '1 day'
  FROM generate_series(1, {many}) AS n,
       LATERAL (SELECT pg_temp.pick('芳娜敏静强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红丹鹏飞琴燕东林斌慧怡轩涵然', n * 13) AS given) AS g;
INSERT INTO vehicles_vehicle (id, vin, plate, brand, series, model, colour, engine_number, created_at, updated_at)
SELECT pg_temp.key(2, n), 'LS4ASE2A' || upper(lpad(to_hex(abs(hashint8(n * 5)) % 4096), 3, '0')) || lpad(n::text, 6, '0'),
       '川A' || upper(lpad(to_hex(abs(hashint8(n * 11)) % 1048576), 5, '0')), '长安', 'CS75', 'CS75', '', '', now(), now()
  FROM generate_series(1, {many}) AS n;
INSERT INTO vehicles_ownership (id, vehicle_id, customer_id, since)
SELECT pg_temp.key(3, n), pg_temp.key(2, n), pg_temp.key(1, n), (now() - interval '3 years')::date
  FROM generate_series(1, {many}) AS n;
INSERT INTO vehicles_repairorder (id, number, vehicle_id, customer_id, cancelled, internal, remark, details, imported_at,
                                  updated_at, kind, opened_at, closed_at, technician, sender_name, sender_mobile, fault,
                                  work_items, claim, mileage, amount)
SELECT pg_temp.key(4, n), 'RO-' || n, pg_temp.key(2, who), pg_temp.key(1, who), false, false, '', '{{}}', at, at,
       (ARRAY['service', 'repair', 'warranty'])[1 + n % 3], at, at + interval '5 hours', '', '', '', '低速刹车有异响', '[]',
       false, n % 90000, n % 3000
  FROM generate_series(1, {many} * 2 + 30) AS n,
       LATERAL (SELECT CASE WHEN n > {many} * 2 THEN 1 ELSE 1 + n % {many} END AS who,
                       now() - interval '4 days' - (n % 700) * interval '1 day' AS at) AS t;
INSERT INTO followups_followup (id, rule, trigger, trigger_kind, trigger_on, customer_id, vehicle_id, channel, opens, due,
                                state, attempts, ended_at, pack, pack_version, planned_at)
SELECT pg_temp.key(5, n), 'third-call', o.id::text, 'repair_order', o.opened_at::date, o.customer_id, o.vehicle_id, 'phone',
       due - interval '2 days', due, CASE WHEN n % 33 = 0 OR o.customer_id = pg_temp.key(1, 1) AND n < 9 THEN 'open' ELSE 'completed' END,
       CASE WHEN n % 33 = 0 THEN 0 ELSE 1 END, CASE WHEN n % 33 = 0 THEN NULL ELSE due END, 'changan-dcrc', '{version}', due
  FROM (SELECT row_number() OVER (ORDER BY id) AS n, * FROM vehicles_repairorder) AS o,
       LATERAL (SELECT o.closed_at + interval '3 days' AS due) AS d;
INSERT INTO followups_attempt (id, follow_up_id, number, staff_id, at, outcome, reason, note)
SELECT pg_temp.key(6, row_number() OVER ()), f.id, 1, (SELECT id FROM staff WHERE role = 'crc_specialist' LIMIT 1), f.due,
       'completed', '', '客户很满意' FROM followups_followup AS f WHERE f.attempts = 1
