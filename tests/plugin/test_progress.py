"""Lines of progress: none twice, none too soon."""

from harness.plugin.progress import Progressing


def test_a_line_is_written_when_the_last_is_long_enough_ago_and_never_twice():
    now = [0.0]
    pace = Progressing(60.0, lambda: now[0])
    written = []
    for second, line in [(10, "a"), (60, "a"), (70, "b"), (119, "b"), (120, "a"), (150, "c"), (181, "c"), (400, "c")]:
        now[0] = second
        if pace.take(line):
            written.append((second, line))
    assert written == [(60, "a"), (150, "c")]
    assert pace.is_due
