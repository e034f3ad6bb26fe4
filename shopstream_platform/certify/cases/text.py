"""Text: functions, patterns, casts to and from text."""

# ruff: noqa: E501 - a statement and its result side by side

from shopstream_platform.certify.cases.case import Error, expressions

F = "sql-reference/functions/"

CASES = [
    *expressions(
        "sql-reference/data-types-text",
        ("'it''s'", "it's"), ("'C:\\\\temp'", "C:\\temp"), ("'it\\'s'", "it's"), ("$$a'b\\c$$", "a'b\\c"), ("'\\t'", "\t"),
        ("'a\\nb'", "a\nb"), ("'abc'::VARCHAR(2)", Error("long|truncat")), ("'abc'::CHAR(3)", "abc"), ("'abc'::STRING", "abc"),
    ),
    *expressions(
        "sql-reference/functions/cast",
        ("TRUE::VARCHAR", "true"), ("FALSE::VARCHAR", "false"), ("7::VARCHAR", "7"), ("12.50::NUMBER(10,2)::VARCHAR", "12.50"),
        ("CAST(1.5 AS VARCHAR)", "1.5"), ("1.5::FLOAT::VARCHAR", "1.5"),
    ),
    *expressions("sql-reference/functions/cast", ("1.0::FLOAT::VARCHAR", "1"), differs="`timestamp::VARCHAR` has no"),
    *expressions(F + "concat", ("'a' || 'b'", "ab"), ("'x' || NULL", None), ("CONCAT('a', 1)", "a1"), ("CONCAT('a', NULL)", None)),
    *expressions(F + "concat_ws", ("CONCAT_WS('|', 'a', 'b')", "a|b"), ("CONCAT_WS('|', 'a', NULL)", None)),
    *expressions(F + "lower", ("LOWER('ÀB')", "àb")),
    *expressions(F + "upper", ("UPPER('àb')", "ÀB")),
    *expressions(F + "initcap", ("INITCAP('the quick-fox')", "The Quick-Fox")),
    *expressions(F + "trim", ("TRIM('  a b ')", "a b"), ("TRIM('xxaxx', 'x')", "a"), ("LTRIM('  a ')", "a "), ("RTRIM(' a  ')", " a"),
                 ("TRIM('\\ta ')", "\ta"), ("LTRIM('00012', '0')", "12")),
    *expressions(F + "length", ("LENGTH('é漢🛒')", 3), ("LEN('')", 0), ("LENGTH(NULL)", None)),
    *expressions(F + "left", ("LEFT('abc', 2)", "ab"), ("RIGHT('abc', 2)", "bc"), ("LEFT('abc', 9)", "abc")),
    *expressions(F + "substr", ("SUBSTR('abcd', 2, 2)", "bc"), ("SUBSTRING('abcd', -2)", "cd"), ("SUBSTR('abcd', 2)", "bcd")),
    *expressions(F + "position", ("POSITION('c' IN 'abcabc')", 3), ("POSITION('c', 'abcabc', 4)", 6), ("CHARINDEX('z', 'abc')", 0)),
    *expressions(F + "replace", ("REPLACE('aXbX', 'X', '-')", "a-b-"), ("REPLACE('aXb', 'X')", "ab")),
    *expressions(F + "translate", ("TRANSLATE('abc', 'ab', 'x')", "xc")),
    *expressions(F + "lpad", ("LPAD('7', 3, '0')", "007"), ("RPAD('ab', 4, '.')", "ab.."), ("LPAD('abcd', 2, '0')", "ab")),
    *expressions(F + "repeat", ("REPEAT('ab', 3)", "ababab")),
    *expressions(F + "reverse", ("REVERSE('abc')", "cba")),
    *expressions(F + "space", ("'a' || SPACE(2) || 'b'", "a  b")),
    *expressions(
        F + "split_part",
        ("SPLIT_PART('raw/orders/2026-01-05/x.csv', '/', -2)", "2026-01-05"), ("SPLIT_PART('a,b', ',', 1)", "a"),
        ("SPLIT_PART('a,b', ',', 5)", ""), ("SPLIT_PART('a,b', ',', 0)", "a"),
    ),
    *expressions(F + "strtok", ("STRTOK('a.b.c', '.', 2)", "b")),
    *expressions(F + "contains", ("CONTAINS('abc', 'b')", True), ("STARTSWITH('abc', 'ab')", True), ("ENDSWITH('abc', 'c')", True)),
    *expressions(F + "like", ("'abc' LIKE 'a%'", True), ("'abc' LIKE 'A%'", False), ("'a_c' LIKE 'a\\\\_c' ESCAPE '\\\\'", True),
                 ("'abc' NOT LIKE 'b%'", True), ("'ab' LIKE 'a_'", True)),
    *expressions(F + "ilike", ("'ABC' ILIKE 'a%'", True), ("'ABC' NOT ILIKE 'a%'", False)),
    *expressions(F + "like_any", ("'abc' LIKE ANY ('x%', 'a%')", True)),
    *expressions(F + "regexp_like", ("REGEXP_LIKE('abc', 'ab')", False), ("REGEXP_LIKE('abc', 'a.*')", True), ("RLIKE('abc', 'A.*', 'i')", True)),
    *expressions(F + "rlike", ("'abc' RLIKE 'ab'", False), ("'abc' REGEXP 'a.c'", True)),
    *expressions(F + "regexp_substr", ("REGEXP_SUBSTR('a12b34', '[0-9]+')", "12"), ("REGEXP_SUBSTR('a12b34', '[0-9]+', 1, 2)", "34"),
                 ("REGEXP_SUBSTR('k=v', '(\\\\w)=(\\\\w)', 1, 1, 'e', 2)", "v"), ("REGEXP_SUBSTR('abc', '[0-9]')", None)),
    *expressions(F + "regexp_replace", ("REGEXP_REPLACE('a1b22', '[0-9]+', '#')", "a#b#"), ("REGEXP_REPLACE('a1b2', '[0-9]')", "ab"),
                 ("REGEXP_REPLACE('ab', '(a)(b)', '\\\\2\\\\1')", "ba")),
    *expressions(F + "regexp_count", ("REGEXP_COUNT('a1b22', '[0-9]')", 3)),
    *expressions(F + "regexp_instr", ("REGEXP_INSTR('ab12', '[0-9]')", 3)),
    *expressions(F + "ascii", ("ASCII('A')", 65)),
    *expressions(F + "chr", ("CHR(31)", "\x1f"), ("CHAR(65)", "A")),
    *expressions(F + "md5", ("MD5('abc')", "900150983cd24fb0d6963f7d28e17f72"), ("MD5_HEX('')", "d41d8cd98f00b204e9800998ecf8427e")),
    *expressions(F + "sha1", ("SHA1('abc')", "a9993e364706816aba3e25717850c26c9cd0d89d")),
    *expressions(F + "sha2", ("SHA2('abc', 256)", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")),
    *expressions(F + "hex_encode", ("HEX_ENCODE('SNOW')", "534E4F57"), ("HEX_ENCODE(TO_BINARY('00FF', 'HEX'), 0)", "00ff")),
    *expressions(F + "to_binary", ("HEX_ENCODE(TO_BINARY('00ff', 'HEX'))", "00FF"), ("HEX_ENCODE(TO_BINARY('', 'HEX'))", ""), ("TO_BINARY(NULL, 'HEX')", None)),
    *expressions(F + "base64_encode", ("BASE64_ENCODE('Snowflake')", "U25vd2ZsYWtl")),
    *expressions(F + "editdistance", ("EDITDISTANCE('kitten', 'sitting')", 3)),
    *expressions(F + "uuid_string", ("LENGTH(UUID_STRING())", 36)),
    *expressions(
        F + "to_char",
        ("TO_CHAR(7)", "7"), ("TO_VARCHAR(1.50::NUMBER(5,2))", "1.50"), ("TO_CHAR(TRUE)", "true"), ("TO_VARCHAR(NULL)", None),
    ),
    *expressions(F + "to_char", ("TO_CHAR(12345.678, '99,999.00')", " 12,345.68"), differs="numeric formats in TO_CHAR"),
    *expressions("sql-reference/operators-comparison", ("'a' < 'b'", True), ("'B' < 'a'", True)),
]  # fmt: skip
