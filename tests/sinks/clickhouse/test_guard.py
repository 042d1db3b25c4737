import pytest

from sinks.clickhouse.guard import MAX_STATEMENT_CHARACTERS, Refused, admit

OUTSIDE = frozenset({"url", "s3", "remote", "python"})


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "select 1",
        "(SELECT 1) UNION ALL SELECT 2",
        "WITH 1 AS a SELECT a",
        "SHOW TABLES",
        "DESCRIBE TABLE requests",
        "EXPLAIN SELECT 1",
        "SELECT 'INTO OUTFILE', `file`, \"url\" FROM t",
        "SELECT format('{}', 1), numbers FROM numbers(3)",
        "SELECT 1e-5, 1.5, t.1, x -> x + 1, 'it''s', 'a\\'b', 7::UInt8",
        "SELECT * FROM request_story(rid = {rid:UUID})",
        "SELECT 1 -- the last word\n",
    ],
)
def test_reading_is_admitted(sql: str) -> None:
    assert admit(sql, OUTSIDE).sql.split() == sql.partition("--")[0].split()


def test_a_comment_becomes_a_space() -> None:
    assert admit("SELECT/* one */1", OUTSIDE).sql == "SELECT 1"


def test_a_closing_semicolon_is_dropped() -> None:
    assert admit("SELECT 1 ; ;\n", OUTSIDE).sql == "SELECT 1"


@pytest.mark.parametrize(
    ("sql", "shape"),
    [
        ("SELECT 1", ""),
        ("SELECT 1 FORMAT JSON", "JSON"),
        ("SELECT 1 format CSV;", "CSV"),
        ("SELECT 'FORMAT' CSV", ""),
    ],
)
def test_the_format_is_read(sql: str, shape: str) -> None:
    assert admit(sql, OUTSIDE).format == shape


@pytest.mark.parametrize(
    "sql",
    [
        "",
        ";",
        "INSERT INTO t VALUES (1)",
        "DROP TABLE requests",
        "SET readonly = 0",
        "KILL QUERY WHERE 1",
        "SYSTEM SHUTDOWN",
        "EXISTS TABLE default.`/etc/passwd`",
        "'SELECT'",
        "SELECT 1; DROP TABLE requests",
        "SELECT 1 INTO OUTFILE '/tmp/x'",
        "SELECT 1 INTO/**/outfile '/tmp/x'",
        "SELECT 1 INTO -- really\nOUTFILE '/tmp/x'",
        "SELECT file('/etc/passwd')",
        "SELECT FILE ('/etc/passwd')",
        "SELECT `file`('/etc/passwd')",
        "SELECT \"file\"/**/('/etc/passwd')",
        "SELECT `\\x66ile`('/etc/passwd')",
        "SELECT * FROM url('http://127.0.0.1', CSV)",
        "SELECT * FROM Python(found)",
        "DESCRIBE s3('http://127.0.0.1/x')",
        "EXPLAIN SELECT * FROM remote('127.0.0.1', system.one)",
        "SELECT sleep(3)",
        "SELECT $$ ' $$ INTO OUTFILE '/tmp/x'",
        "SELECT 1 # ' \n INTO OUTFILE '/tmp/x' -- '",
        "SELECT 1 // ' \n",
        "SELECT \u2018 ' \u2019 INTO OUTFILE '/tmp/x'",
        "SELECT /* /* */ ' */ INTO OUTFILE '/tmp/x' -- '",
        "SELECT 'open",
        "SELECT `open",
        "SELECT \\N",
        "SELECT 1\x00",
        "SELECT " + "1," * MAX_STATEMENT_CHARACTERS,
    ],
)
def test_everything_else_is_refused(sql: str) -> None:
    with pytest.raises(Refused) as refused:
        admit(sql, OUTSIDE)
    assert "passwd" not in str(refused.value)
