"""A step that surely changes a system says so, and no other is suspected."""

from __future__ import annotations

from itertools import product

import pytest

from ledger.core.problem import Problem, Severity
from ledger.core.project import Project
from ledger.pages.lint import page_problems
from ledger.pages.reasons import IMPORTED
from ledger.pages.shell.mutating import first_mutation
from ledger.pages.shell.rules import rules
from ledger.pages.shell.script import read_script
from ledger.pages.shell.verbs import Effect

PAGE = """\
---
title: Page
reasons: {later: one sentence, REASON: one sentence}
---

# Page

```bash {.KIND}
true
kubectl delete pod a
```

```bash {.verify name=back expect=none}
true
```
"""
VERBS = [(program, name) for program, rule in rules().items() for name in rule.mutates]


def lint(project: Project, kind: str, reason: str = "other") -> list[Problem]:
    path = project.docs / "page.md"
    path.write_text(PAGE.replace("KIND", kind).replace("REASON", reason))
    return page_problems(project, path)


@pytest.mark.parametrize("kind", ["verify name=a expect=none", "skip name=a reason=later"])
def test_a_step_that_changes_a_system_says_so(project: Project, kind: str) -> None:
    (problem,) = lint(project, kind)
    assert (problem.line, problem.code, problem.severity) == (10, "P114", Severity.WARNING)
    assert problem.what == "kubectl delete changes a system, and the block does not say mutates"
    assert "undo=NAME or irreversible" in problem.fix
    for back in ("undo=back", "irreversible"):
        assert lint(project, f"{kind} mutates {back}") == []


@pytest.mark.parametrize(
    "kind",
    ["show", "setup name=a expect=none", *(f"skip reason={reason}" for reason in IMPORTED)],
)
def test_what_is_no_step_that_somebody_wrote_need_not_say_so(project: Project, kind: str) -> None:
    assert lint(project, kind, reason=kind.rpartition("=")[2]) == []


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("true\nkubectl -n agents delete pod a", "kubectl delete"),
        ("kubectl create ns a --dry-run=client -o yaml | kubectl apply -f -", "kubectl apply"),
        ("kubectl apply -f a --dry-run=none", "kubectl apply"),
        ("kubectl get pods -o name | xargs -r kubectl delete", "kubectl delete"),
        ("timeout 5s kubectl rollout restart deploy/a", "kubectl rollout restart"),
        ("sudo -n systemctl restart nats", "systemctl restart"),
        ("kubectl exec nats-0 -- /bin/nats stream rm A --force", "nats stream rm"),
        ("kubectl exec -i deploy/a -- sh -ec 'nats kv del A b'", "nats kv del"),
        ('kubectl exec a -- sh -c "nats stream rm $S; echo \\"$S\\""', "nats stream rm"),
        ("/velero backup delete a --confirm", "velero backup delete"),
        ('x="$(kubectl scale deploy/a --replicas 0)"', "kubectl scale"),
        ("kubectl get ns a || kubectl create ns a", "kubectl create"),
        ('for s in a b; do nats stream purge "$s"; done', "nats stream purge"),
        ("kubectl label pod a env=\\x", "kubectl label"),
        ("aws --region x s3 cp a 's3://b/a'", "aws s3 cp"),
        ('aws s3 cp - "s3://$BUCKET/a"', "aws s3 cp"),
        ("aws s3 sync s3://a s3://b", "aws s3 sync"),
        ("aws s3 sync --delete . s3://b", "aws s3 sync"),
        ("aws s3 cp --sse AES256 --recursive a s3://b --quiet", "aws s3 cp"),
        ("aws iam create-user --user-name a", "aws iam create-user"),
        ("curl -s -X DELETE http://a", "curl"),
        ('rm -rf "/data/$STREAM"', "rm"),
    ],
)
def test_what_surely_changes_a_system_is_found(command: str, told: str) -> None:
    found = first_mutation(command)
    assert found and (found.line, found.command) == (command.startswith("true\n") + 1, told)


@pytest.mark.parametrize(
    "command",
    [
        "# kubectl delete pod a",
        "echo kubectl delete pod a; echo 'nats stream rm A'",
        "cat <<EOF\nkubectl delete pod a\nEOF",
        "kubectl exec a -- echo nats stream rm A",
        "sh -c 'echo nats stream rm A'",
        'sh -c "echo \\"$A; nats stream rm A\\""',
        "kubectl auth can-i delete pods",
        "kubectl describe pod delete",
        "kubectl apply view-last-applied deploy/a",
        "kubectl delete pod a --dry-run=server",
        'kubectl apply -f a "${DRY_RUN:---dry-run=client}"',
        "kubectl set env deploy/a --list",
        "kubectl set image --local -f a a=b",
        "kubectl delete --help; nats stream rm --help; aws s3 rm help",
        'kubectl "$VERB" pod a',
        "helm upgrade a b --dry-run",
        "velero backup create a -o yaml",
        "nats stream add A --config a.json --validate",
        "aws s3 cp s3://b/a . && aws s3 cp s3://b/a - && aws s3 sync s3://b .",
        "aws s3 cp --sse AES256 s3://b/a --recursive . && aws s3 sync s3://b --delete .",
        "aws s3 rm s3://b/a --dryrun",
        "aws iam get-user && aws eks update-kubeconfig --name a",
        "curl -s -X POST http://a/api/v1/query -d query=up",
        "rm -rf build; rm -f /tmp/a ./b",
        "drop() { kubectl delete pod a; }",
        "kubectl delete 'pod a",
    ],
)
def test_what_may_not_change_a_system_is_left_alone(command: str) -> None:
    assert first_mutation(command) is None


@pytest.mark.parametrize(("program", "name"), VERBS, ids=" ".join)
def test_the_table_says_no_two_things_of_a_command(program: str, name: str) -> None:
    command = f"{program} {name.replace('*', 'x')}"
    assert first_mutation(command)
    assert read_script(command).verdict.effect is not Effect.LOOKS
    for word in rules()[program].dry:
        assert first_mutation(f"{command} {word}") is None


def test_what_only_looks_is_never_found() -> None:
    looks = [
        (program, name.replace("*", "x"))
        for program, rule in rules().items()
        for name in (*rule.looks, *rule.alone)
    ]
    for (program, name), words in product(looks, ("", " delete", " /etc/hosts", " s3://a/b")):
        assert first_mutation(f"{program} {name}{words}") is None, (program, name)
