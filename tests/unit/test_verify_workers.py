"""Pages on the workers of pytest-xdist: each of them whole, on one worker."""

from __future__ import annotations

import pytest

PAGE = """\
---
cluster: false
---
```bash {.verify name=one expect=none}
count=1
```

```bash {.verify name=two expect=none}
count=$((count + 1))
```

```bash {.verify name=three expect=none}
test "$count" = 2
```
"""


@pytest.mark.parametrize("dist", ["", "worksteal", "loadgroup"])
def test_a_page_stays_whole_however_tests_are_spread(pytester: pytest.Pytester, dist: str) -> None:
    pytester.makefile(".yml", mkdocs="site_name: Test\n")
    pytester.makepyfile("def test_one(): pass\n\ndef test_two(): pass\n")
    pages = pytester.mkdir("docs")
    for name in ("a.md", "b.md", "c.md"):
        (pages / name).write_text(PAGE)
    words = ["-n", "2", *([f"--dist={dist}"] if dist else [])]
    pytester.runpytest_subprocess("--ledger-docs", *words).assert_outcomes(passed=11)


def test_without_pages_nothing_is_spread_differently(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        def pytest_sessionfinish(session):
            node = session.config.pluginmanager.getplugin("dsession")
            if node:
                print("spread by", type(node.sched).__name__)
        """
    )
    pytester.makepyfile("def test_one(): pass\n")
    result = pytester.runpytest_subprocess("-n", "1", "-s")
    result.stdout.fnmatch_lines(["*spread by LoadScheduling*"])
