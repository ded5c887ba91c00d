"""Dumps for PostgreSQL as databases of SQLite."""

import sqlite3

import pytest

from harness.sources.dumps import as_sqlite
from harness.sources.dumps import loaded
from harness.sources.dumps import schema
from harness.sources.files import keep
from harness.sources.files import path_of

DUMP = """-- public.lake
CREATE TABLE public.lake (name text DEFAULT 'of public.x::text'::text, area numeric(6, 2), "a::b" bigint);
INSERT INTO public.lake (name, area) VALUES ('Mere; it''s blue', '12.5'::numeric(6, 2)), ('Tarn', 3::bigint);
"""


def rows(content: bytes, query: str) -> list:
    database = sqlite3.connect(":memory:")
    database.deserialize(content)
    return database.execute(query).fetchall()


def test_a_dump_is_a_database_without_schema_and_casts():
    content = as_sqlite(DUMP)
    assert rows(content, "SELECT name, area FROM lake") == [("Mere; it's blue", 12.5), ("Tarn", 3)]
    assert rows(content, "SELECT dflt_value FROM pragma_table_info('lake') LIMIT 1") == [("'of public.x::text'",)]


def test_its_bytes_do_not_say_which_sqlite_wrote_them():
    assert as_sqlite(DUMP) == as_sqlite(DUMP)
    assert as_sqlite(DUMP)[96:100] == bytes(4)  # https://www.sqlite.org/fileformat.html: the version of the writer


def test_it_is_kept_beside_its_dump():
    digest = loaded(keep(DUMP.encode()))
    assert path_of(digest).read_bytes() == as_sqlite(DUMP)
    assert schema(digest).startswith("CREATE TABLE lake (name text")


@pytest.mark.parametrize(
    ("dump", "said"),
    [("CREATE SCHEMA sky;", 'near "SCHEMA": syntax error'), ("ATTACH 'other.db' AS other;", "not authorized")],
)
def test_what_sqlite_does_not_know_is_said(dump, said):
    with pytest.raises(ValueError, match=said):
        as_sqlite(dump)
