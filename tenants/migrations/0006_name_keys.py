"""What names and numbers are found by: functions that tenants' indexes are made of, so that no row can lack its key.

``pinyin_initials.txt`` has the first letter of the commonest reading of each character from U+4E00 to U+9FFF, 128 a
line, ``-`` where there is none (from pypinyin 0.55.0, MIT; 长 and 重 as in 长安 and 重庆). Surnames that are read
differently stand below. No ICU and no dictionary in the database is needed, and a letter costs one look at a byte.
"""

from pathlib import Path
from typing import ClassVar

from django.db import migrations

FIRST, LAST = 0x4E00, 0x9FFF
SURNAMES = {
    "单": "s", "曾": "z", "解": "x", "仇": "q", "区": "o", "查": "z", "盖": "g", "翟": "z", "覃": "q", "召": "s",
    "种": "c", "繁": "p", "隗": "w", "折": "s", "粘": "n", "郇": "x", "佴": "n", "乐": "y", "尉": "y",
}  # fmt: skip


def initials() -> str:
    text = (Path(__file__).parent / "pinyin_initials.txt").read_text(encoding="ascii").replace("\n", "")
    assert len(text) == LAST - FIRST + 1
    return text


# 陈雅琴 → cyq, 单小东 → sxd, Smith·李 → smithl; what is neither a Chinese character nor a Latin letter or digit is
# left out. Plain characters are looked up by their place in one long row of letters.
INITIALS = """
CREATE FUNCTION public.sanfang_initials(name text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    told text := '';
    sign text;
    place int;
    code int;
BEGIN
    IF left(name, 2) = '万俟' THEN
        told := 'mq';
        name := substr(name, 3);
    ELSE
        place := strpos('{surnames}', left(name, 1));
        IF place > 0 AND name <> '' THEN
            told := substr('{letters}', place, 1);
            name := substr(name, 2);
        END IF;
    END IF;
    FOREACH sign IN ARRAY string_to_array(lower(name), NULL) LOOP
        code := ascii(sign);
        IF code BETWEEN {first} AND {last} THEN
            sign := chr(get_byte('{row}'::bytea, code - {first}));
            told := told || CASE WHEN sign = '-' THEN '' ELSE sign END;
        ELSIF code BETWEEN ascii('a') AND ascii('z') OR code BETWEEN ascii('0') AND ascii('9') THEN
            told := told || sign;
        END IF;
    END LOOP;
    RETURN told;
END
$body$
"""

# Every two neighbouring characters of the name and of its initials: whatever is asked for, of two characters or more,
# is made of such pairs. (Trigrams can't serve two characters.) With a ^ before them, what the name begins with: its
# first character, and the first two of the initials.
KEYS = """
CREATE FUNCTION public.sanfang_name_keys(name text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    plain text := translate(lower(name), ' ·•・.　()（）_—-', '');
    letters text := public.sanfang_initials(plain);
    keys text[] := ARRAY['^' || left(letters, 2), '^' || left(plain, 1)];
BEGIN
    FOR place IN 1 .. length(plain) - 1 LOOP
        keys := keys || substr(plain, place, 2);
    END LOOP;
    FOR place IN 1 .. length(letters) - 1 LOOP
        keys := keys || substr(letters, place, 2);
    END LOOP;
    RETURN keys;
END
$body$
"""


def _initials_function() -> str:
    return INITIALS.format(
        surnames="".join(SURNAMES), letters="".join(SURNAMES.values()), first=FIRST, last=LAST, row=initials()
    )


class Migration(migrations.Migration):
    dependencies: ClassVar = [("tenants", "0005_waiting_since")]

    operations: ClassVar = [
        migrations.RunSQL([(_initials_function(), None)], "DROP FUNCTION public.sanfang_initials(text)"),
        migrations.RunSQL([(KEYS, None)], "DROP FUNCTION public.sanfang_name_keys(text)"),
    ]
