-- Three years of a workshop's life for planning.py, which fills in the numbers. Every id is the number's own, so that rows
-- find each other without being looked up. Two cars in three were sold here; a car comes about twice a year.
CREATE FUNCTION pg_temp.key(kind int, number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
  $$ SELECT (lpad(to_hex(kind), 8, '0') || lpad(to_hex(number), 24, '0'))::uuid $$;
INSERT INTO customers_customer (id, number, name, form_of_address, company, gender, birthday, mobile, mobile_state, landline,
                                address, do_not_call, created_at, updated_at)
SELECT pg_temp.key(1, n), '', '客户' || n, '', false, '', CASE WHEN n % 3 = 0 THEN date '1975-01-01' + (n * 37) % 9000 END,
       '154' || lpad(n::text, 8, '0'), 'verified', '', '', false, now(), now() FROM generate_series(1, {many}) AS n;
INSERT INTO vehicles_vehicle (id, vin, plate, brand, series, model, colour, engine_number, insurance_until, inspection_due,
                              created_at, updated_at)
SELECT pg_temp.key(2, n), 'LS4' || lpad(n::text, 14, '0'), '川A' || lpad((n % 100000)::text, 5, '0'), '长安',
       (ARRAY['CS75', 'CS55', 'UNI-T', '逸动', '睿行M60'])[1 + n % 5], '', '', '',
       date '{today}' + (n * 13) % 365, CASE WHEN n % 2 = 0 THEN date '{today}' + (n * 7) % 365 END,
       now(), now() FROM generate_series(1, {many}) AS n;
INSERT INTO vehicles_ownership (id, vehicle_id, customer_id, since)
SELECT pg_temp.key(3, n), pg_temp.key(2, n), pg_temp.key(1, n), date '{today}' - 1095 FROM generate_series(1, {many}) AS n;
INSERT INTO vehicles_delivery (id, number, vehicle_id, customer_id, cancelled, internal, remark, details, imported_at,
                               updated_at, delivered_on)
SELECT pg_temp.key(4, n), 'SO' || n, pg_temp.key(2, n), pg_temp.key(1, n), false, false, '', '{{}}', now(), now(),
       date '{today}' - 1 - (n * 17) % 1094
  FROM generate_series(1, {many}) AS n WHERE n % 3 > 0;
INSERT INTO vehicles_repairorder (id, number, vehicle_id, customer_id, cancelled, internal, remark, details, imported_at,
                                  updated_at, kind, opened_at, closed_at, mileage, technician, sender_name, sender_mobile,
                                  fault, work_items, claim)
SELECT pg_temp.key(5, n), 'RO' || n, pg_temp.key(2, car), pg_temp.key(1, car), false, false, '', '{{}}', now(), now(),
       (ARRAY['service', 'repair', 'service', 'warranty', 'repair', 'service'])[1 + n % 6], at, at + interval '5 hours',
       (extract(day FROM at - (timestamptz '{today}' - interval '3 years')) * 38)::int + 200, '', '', '', '', '[]', false
  FROM generate_series(1, {orders}) AS n,
       LATERAL (SELECT 1 + (n::bigint * 7919 % {many})::int AS car,
                       timestamptz '{today}' - interval '3 years' + n * (interval '3 years' / {orders}) AS at) AS t;
