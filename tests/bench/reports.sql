-- Three years of a store's calls for reports.py, which fills in the numbers. Every id is the number's own, so that rows find
-- each other without being looked up.
CREATE FUNCTION pg_temp.key(kind int, number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
  $$ SELECT (lpad(to_hex(kind), 8, '0') || lpad(to_hex(number), 24, '0'))::uuid $$;
INSERT INTO customers_customer (id, number, name, form_of_address, company, gender, mobile, mobile_state, landline,
                                address, do_not_call, created_at, updated_at)
SELECT pg_temp.key(1, n), '', '客户' || n, '', false, '', '154' || lpad(n::text, 8, '0'), 'verified', '', '', n % 50 = 0,
       now() - interval '3 years' + n * interval '12 minutes', now() FROM generate_series(1, {many}) AS n;
INSERT INTO vehicles_vehicle (id, vin, plate, brand, series, model, colour, engine_number, created_at, updated_at)
SELECT pg_temp.key(2, n), 'LS4' || lpad(n::text, 14, '0'), '川A' || lpad((n % 100000)::text, 5, '0'), '长安', 'CS75', 'CS75',
       '', '', now(), now() FROM generate_series(1, {many}) AS n;
INSERT INTO vehicles_ownership (id, vehicle_id, customer_id, since)
SELECT pg_temp.key(3, n), pg_temp.key(2, n), pg_temp.key(1, n), (now() - interval '3 years')::date
  FROM generate_series(1, {many}) AS n;
INSERT INTO vehicles_repairorder (id, number, vehicle_id, customer_id, cancelled, internal, remark, details, imported_at,
                                  updated_at, kind, opened_at, closed_at, technician, sender_name, sender_mobile, fault,
                                  work_items, claim)
SELECT pg_temp.key(4, n), 'RO' || n, pg_temp.key(2, 1 + (n::bigint * 7919 % {many})::int), pg_temp.key(1, 1 + (n::bigint * 7919 % {many})::int), false,
       false, '', '{{}}', at, at, (ARRAY['service', 'repair', 'repair', 'warranty', 'service'])[1 + n % 5], at,
       at + interval '5 hours', '', '', '', CASE WHEN n % 3 = 0 THEN '异响' ELSE '常规保养' END, '[]', n % 5 = 3
  FROM generate_series(1, {orders}) AS n,
       LATERAL (SELECT now() - interval '3 years' + n * (interval '3 years' / {orders}) AS at) AS t;
INSERT INTO followups_followup (id, rule, trigger, trigger_kind, trigger_on, customer_id, vehicle_id, channel, opens, due,
                                state, attempts, ended_at, pack, pack_version, planned_at)
SELECT pg_temp.key(5, n * 2 + r), CASE r WHEN 0 THEN 'third-call' ELSE 'service-reminder' END, o.id::text, 'repair_order',
       o.opened_at::date, o.customer_id, o.vehicle_id, 'phone', due - interval '2 days', due, state,
       CASE WHEN state = 'open' THEN 0 WHEN state = 'given_up' THEN 3 ELSE 1 + (n % 2) END,
       CASE WHEN state IN ('completed', 'given_up') THEN due - interval '1 hour' END, 'changan-dcrc', '{version}', due
  FROM (SELECT row_number() OVER () AS n, * FROM vehicles_repairorder ORDER BY id) AS o,
       generate_series(0, 1) AS r,
       LATERAL (SELECT o.closed_at + CASE r WHEN 0 THEN interval '3 days' ELSE interval '170 days' END AS due) AS d,
       LATERAL (SELECT CASE WHEN due > now() THEN 'open' WHEN n % 40 = 1 THEN 'open' WHEN n % 11 = 2 THEN 'given_up'
                            WHEN r = 1 AND n % 4 = 3 THEN 'answered' ELSE 'completed' END AS state) AS s;
INSERT INTO followups_attempt (id, follow_up_id, number, staff_id, at, outcome, reason, note)
SELECT pg_temp.key(6, row_number() OVER ()), f.id, k, (ARRAY(SELECT id FROM staff WHERE role = 'crc_specialist'))[
         1 + abs(hashtext(f.id::text)) % (SELECT count(*) FROM staff WHERE role = 'crc_specialist')],
       f.due - (4 - k) * interval '1 hour', CASE WHEN k = f.attempts AND f.state = 'completed' THEN 'completed'
       ELSE 'no_answer' END, '', ''
  FROM followups_followup AS f, generate_series(1, f.attempts) AS k;
INSERT INTO surveys_response (id, customer_id, vehicle_id, pack, pack_version, questionnaire, source, follow_up_id, by_id,
                              at, answers, dissatisfied, note)
SELECT pg_temp.key(7, row_number() OVER ()), f.customer_id, f.vehicle_id, f.pack, f.pack_version, 'service-callback', 'call',
       f.id, a.staff_id, a.at, '{answers}', '[]', ''
  FROM followups_followup AS f JOIN followups_attempt AS a ON a.follow_up_id = f.id AND a.number = f.attempts
 WHERE f.rule = 'third-call' AND f.state = 'completed';
