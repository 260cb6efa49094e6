"""Commands of a document: which one is a plain program, where it goes, and that nothing in the plan runs without a person's GO."""

from __future__ import annotations

import pytest
from documents import CLOCKED, DRAWN, READY, SCRIPTED, SHARDED
from hypothesis import given
from hypothesis import strategies as st

from core.importing import argv
from core.importing.masking import masked
from core.importing.reading import read
from core.importing.whole import Imported, plan_of
from core.plan.models import Approval, Checklist, Run


def made(text: str) -> Imported:
    return plan_of(read(text, "d.md"), "d.md")


def uses(text: str) -> dict[str, str]:
    """What became of each command."""
    return {one.text: use for one, use in made(text).written.uses}


def block(*lines: str, language: str = "sh") -> str:
    return "\n".join([f"```{language}", *lines, "```", ""])


LIST = "# Release\n## Roll out\n- [ ] first\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("./deploy.sh production migrate", ("./deploy.sh", "production", "migrate")),
        ("kubectl apply -f k8s/overlays/prod/", ("kubectl", "apply", "-f", "k8s/overlays/prod/")),
        ("kubectl get pods  # look", ("kubectl", "get", "pods")),
        ("git commit -m 'issue #7 is done'", ("git", "commit", "-m", "issue #7 is done")),
        ("curl -X POST -d '{\"enabled\": true}' http://localhost:8000/x", ("curl", "-X", "POST", "-d", '{"enabled": true}', "http://localhost:8000/x")),
        ("git commit -m \"배포 준비\"", ("git", "commit", "-m", "배포 준비")),
        ("go test ./...", ("go", "test", "./...")),
        ("kubectl set env deployment/backend SHARDING_ENABLED=false", ("kubectl", "set", "env", "deployment/backend", "SHARDING_ENABLED=false")),
        ("kubectl logs deployment/x --tail=50", ("kubectl", "logs", "deployment/x", "--tail=50")),
        ("docker compose up -d", ("docker", "compose", "up", "-d")),
        ("psql -c 'select 1' shop", ("psql", "-c", "select 1", "shop")),
    ],
)  # fmt: skip
def test_a_plain_program(text: str, words: tuple[str, ...]) -> None:
    assert argv.split(text) == (words, "")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("kubectl get pods | grep x", "shell"), ("a && b", "shell"), ("a; b", "shell"), ("a > log", "shell"), ("a & ", "shell"), ("(a)", "shell"),
        ("echo \"it's `date`\"", "variable"), ("echo $HOME", "variable"), ("echo $(date)", "variable"), ("awk '{print $1}' x", "variable"),
        ("TAG=v1 ./deploy.sh", "variable"), ("export A=b", "shell"), ("source env.sh", "shell"), ("bash -c './x'", "shell"), ("bash x.sh", "shell"),
        ("eval x", "shell"), ("ssh host systemctl restart x", "shell"), ("echo \"a", "shell"), ("echo \"a\\n\"", "shell"), ("a \\b", "shell"),
        ("rm *.log", "glob"), ("ls ~/x", "glob"), ("cp a{1,2} x", "glob"), ("ls file?", "glob"), ("rm [0-9]x", "glob"),
        ("docker pull shop:<version>", "fill-in"), ("deploy {version}", "fill-in"), ("deploy {{ version }}", "fill-in"), ("deploy [name]", "fill-in"),
        ("kubectl delete pod api-xxx", "fill-in"), ("deploy …", "fill-in"), ("deploy v1 ...", "fill-in"), ("curl https://your-domain.com/health", "fill-in"),
        ("cd /path/to/app", "fill-in"), ("deploy ____", "fill-in"), ("docker push shop:VERSION", "fill-in"), ("curl https://example.com/x", "fill-in"),
        ("deploy <버전>", "fill-in"), ("deploy --token [redacted]", "secret"), ("sudo systemctl restart x", "privilege"),
        ("kubectl logs -f deployment/x", "endless"), ("kubectl get pods -w", "endless"), ("tail -f log", "endless"), ("docker compose up", "endless"),
        ("kubectl port-forward svc/x 80", "endless"), ("vim x", "asks-back"), ("psql shop", "asks-back"), ("docker run -it x", "asks-back"),
        ("python", "asks-back"), ("../x.sh", "folder"), ("a/../../x.sh", "folder"), ("NAME READY STATUS", "unclear"), ("", "unclear"), ("-x y", "unclear"),
        ("deploy 지금", "unclear"), ("x" * 2_000, "unclear"), ("a\x00b", "unclear"), ("a " * 100, "unclear"), ("1 2", "unclear"),
    ],
)  # fmt: skip
def test_what_is_for_a_person_says_why(text: str, why: str) -> None:
    assert argv.split(text) == ((), why)


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_whatever_is_plain_has_nothing_for_a_shell(text: str) -> None:
    words, why = argv.split(text)
    assert bool(words) != bool(why)
    assert not any(sign in word for word in words for sign in ("$", "\n", "\x00"))


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (("for i in 1 2 3; do", "  ./restart.sh", "done"), "script"),
        (("if true; then", "./x.sh now", "fi"), "script"),
        (("cat <<EOF", "rm -rf /", "EOF"), "script"),
        (("deploy() {", "./x.sh now", "}"), "script"),
        (("echo 'one", "./x.sh now", "two'"), "script"),
        (("cd ../elsewhere", "./x.sh now"), "folder"),
        (("cd /path/to/app", "./x.sh now"), "folder"),
        (("cd -", "./x.sh now"), "folder"),
    ],
)
def test_lines_of_a_script_or_of_an_unknown_folder_are_for_a_person(lines: tuple[str, ...], why: str) -> None:
    found = read(LIST + block(*lines), "d.md")
    (one,) = [one for one in found.commands if one.text in ("./x.sh now", "./restart.sh", "rm -rf /")]
    assert (one.argv, one.why) == ((), why)


def test_lines_that_hang_on_one_another_stay_one_command() -> None:
    found = read(LIST + block("./a.sh &&", "  ./b.sh", "./c.sh \\", "  --now", "./d.sh"), "d.md")
    assert [(one.text, one.why) for one in found.commands] == [
        ("./a.sh && ./b.sh", "shell"), ("./c.sh --now", ""), ("./d.sh", ""),
    ]  # fmt: skip


def test_a_folder_counts_for_what_follows_in_its_section() -> None:
    text = (
        LIST
        + block("cd infra/aws", "terraform plan", "./run.sh")
        + "## Next\n- [ ] second\n"
        + block("terraform plan")
    )
    plain = [one for one in read(text, "d.md").commands if one.argv]
    assert [(one.argv, one.folder) for one in plain] == [
        (("terraform", "plan"), "infra/aws"), (("infra/aws/run.sh",), "infra/aws"), (("terraform", "plan"), ""),
    ]  # fmt: skip
    plan = made(text).runbook.plan
    assert [(one.command.folder, plan.programs[one.command.program].run) for one in plan.actions.values() if one.command] == [
        ("infra/aws", "terraform"), ("infra/aws", "infra/aws/run.sh"), ("", "terraform"),
    ]  # fmt: skip


def test_an_absolute_folder_is_its_programs() -> None:
    plan = made(LIST + block("cd /opt/shop", "./run.sh now")).runbook.plan
    (program,) = plan.programs.values()
    assert (program.run, program.folder) == ("/opt/shop/run.sh", "/opt/shop")


def test_without_a_folder_what_needs_none_is_still_plain() -> None:
    found = read(
        LIST + block("cd /path/to/app", "curl http://localhost:8000/health", "kubectl apply -f k8s/"), "d.md"
    )
    assert [one.why for one in found.commands] == ["cd", "", "folder"]


# --------------------------------------------------------------------------------------------------------- where it goes


def steps(text: str) -> list[str]:
    """'list a b', 'run ./x', in the plan's order."""
    written = []
    plan = made(text).runbook
    for placed in plan.route:
        body = placed.body
        if isinstance(body, Checklist):
            written.append(" ".join(["list", *(item.title.en for item in body.items)]))
        elif isinstance(body, Run):
            command = plan.plan.actions[body.action].command
            assert command is not None
            written.append(" ".join(["run", plan.plan.programs[command.program].run, *command.args]))
        else:
            written.append(type(body).__name__)
    return written


def test_a_command_of_an_item_stands_just_before_it() -> None:
    text = "# R\n## Go\n- [ ] look\n- [ ] apply\n  ```sh\n  terraform apply plan.bin\n  ```\n- [ ] see\n"
    assert steps(text) == ["list look", "Approval", "run terraform apply plan.bin", "list apply see"]
    titles = [phase_step.body.title.en for phase_step in made(text).runbook.route]
    assert titles == ["Go (1/2)", "apply: run it?", "apply", "Go (2/2)"]


def test_a_block_between_items_stands_between_them_and_a_block_behind_them_behind() -> None:
    text = "# R\n## Go\n- [ ] a\n\n" + block("./one.sh") + "\n- [ ] b\n\n" + block("./two.sh", "./three.sh")
    assert steps(text) == [
        "list a", "Approval", "run ./one.sh", "list b", "Approval", "run ./two.sh", "Approval", "run ./three.sh",
    ]  # fmt: skip


def test_a_block_whose_title_names_an_item_stands_before_that_item() -> None:
    text = "# R\n## Go\n- [ ] Look at brokers\n- [ ] Create Kafka topics\n- [ ] Count partitions\n\n" + block(
        "# create kafka topics", "./topics.sh"
    )
    assert steps(text) == [
        "list Look at brokers",
        "Approval",
        "run ./topics.sh",
        "list Create Kafka topics Count partitions",
    ]


def test_a_section_of_commands_alone_is_a_step_at_its_time() -> None:
    text = (
        "# R\n## Before (D-1)\n- [ ] a\n## Switch (T+1h)\n"
        + block("./switch.sh all")
        + "## After (T+2h)\n- [ ] b\n"
    )
    plan = made(text).runbook
    assert [(phase.title.en, phase.at.text if phase.at else None) for phase in plan.plan.phases] == [
        ("Before (D-1)", "D-1"), ("Switch (T+1h)", "T+1h"), ("After (T+2h)", "T+2h"),
    ]  # fmt: skip


def test_what_a_person_has_to_run_is_an_item_with_its_text() -> None:
    plan = made(LIST + block("# tag it", "docker push shop:<version>", "kubectl get pods | grep api"))
    lists = [placed.body for placed in plan.runbook.route if isinstance(placed.body, Checklist)]
    assert [(item.title.en, item.title.ko) for item in lists[1].items] == [
        ("Run by hand: tag it", "직접 실행: tag it"), ("Run by hand: tag it", "직접 실행: tag it"),
    ]  # fmt: skip
    assert [item.note.en if item.note else "" for item in lists[1].items] == [
        "$ docker push shop:<version>", "$ kubectl get pods | grep api",
    ]  # fmt: skip
    assert not plan.runbook.plan.actions
    assert len(plan.found.items) == 1, "it is no item of the document"


def test_an_item_that_says_what_a_person_has_to_run_is_enough() -> None:
    text = "# R\n## Go\n- [ ] tag it\n  ```sh\n  docker push shop:<version>\n  ```\n"
    (only,) = [placed.body for placed in made(text).runbook.route]
    assert isinstance(only, Checklist)
    assert [item.note.en if item.note else "" for item in only.items] == ["$ docker push shop:<version>"]
    assert uses(text) == {"docker push shop:<version>": "item"}


@pytest.mark.parametrize(
    ("heading", "use"),
    [
        ("Roll out", "run"), ("Appendix: useful commands", "looked-up"), ("부록 A. 주요 명령어", "looked-up"), ("Rollback", "back"), ("롤백 절차", "back"),
        ("Emergency: high error rate", "none"), ("Rollback rehearsal", "run"),
    ],
)  # fmt: skip
def test_where_a_command_stands_says_what_it_is_for(heading: str, use: str) -> None:
    assert uses(f"# R\n## Go\n- [ ] a\n## {heading}\n" + block("./x.sh now")) == {"./x.sh now": use}


def test_what_is_only_for_when_something_happens_is_no_step() -> None:
    text = "# R\n## Go (14:00)\n- [ ] a\n\n**If the canary is sick**:\n\n" + block("./stop.sh now")
    assert uses(text) == {"./stop.sh now": "none"}


def test_a_request_whose_body_stands_beside_it_is_for_a_person() -> None:
    text = '# R\n## Go\n- [ ] a\n\n```\n14:00: switch on\n  └─ command: curl -X POST http://localhost:8000/config\n  └─ request: { "on": true }\n```\n'
    (hand,) = [
        item
        for placed in made(text).runbook.route
        if isinstance(placed.body, Checklist)
        for item in placed.body.items
        if item.note
    ]
    assert hand.note is not None
    assert hand.note.en == '$ curl -X POST http://localhost:8000/config (request: { "on": true })'


def test_the_owner_of_an_item_approves_its_command() -> None:
    text = "# R\n## Go\n- [ ] migrate (owner: DBA)\n  ```sh\n  ./migrate.sh\n  ```\n"
    (asked,) = [placed.body for placed in made(text).runbook.route if isinstance(placed.body, Approval)]
    assert asked.by == ("dba",)


@pytest.mark.parametrize("text", [SHARDED, CLOCKED, DRAWN, SCRIPTED, READY])
def test_every_run_of_an_imported_plan_is_approved_and_may_be_left_out(text: str) -> None:
    runbook = made(text + "\n## More\n- [ ] x\n\n" + block("./x.sh now")).runbook
    runs = [placed.body for placed in runbook.route if isinstance(placed.body, Run)]
    assert runs
    for run in runs:
        asked = runbook.step(f"{run.id}.go").body
        assert isinstance(asked, Approval)
        assert asked.by
        assert asked.optional
    plan = runbook.plan
    assert all(action.changes for action in plan.actions.values()), (
        "a rehearsal dry-runs them, for nobody approves there"
    )
    assert not any(step.action for playbook in plan.playbooks.values() for step in playbook.steps)
    assert plan.rollback is None or not plan.rollback.automatic


# --------------------------------------------------------------------------------------------------------------- secrets


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("./x.sh --password hunter2 --now", "hunter2"), ("./x.sh --token=abcd1234", "abcd1234"), ("export API_TOKEN=abcd1234", "abcd1234"),
        ("PGPASSWORD=hunter2 psql", "hunter2"), ("curl -H 'Authorization: Bearer abcd1234efgh' http://x", "abcd1234efgh"),
        ("curl -u admin:hunter2 http://x", "hunter2"), ("psql postgres://shop:hunter2@db/shop", "hunter2"), ("mysql -u root -phunter2 shop", "hunter2"),
        ("redis-cli -a hunter2 ping", "hunter2"), ("aws configure set x AKIAABCDEFGHIJKLMNOP", "AKIAABCDEFGHIJKLMNOP"),
        ("deploy --key xoxb-1234567890-abcdef", "xoxb-1234567890"), ("DB_PASSWORD: hunter22", "hunter22"), ("비밀번호: hunter22", "hunter22"),
        ('{"api_key": "abcd1234"}', "abcd1234"), ("kubectl create secret generic x --from-literal=password=hunter2", "hunter2"),
    ],
)  # fmt: skip
def test_a_secret_is_nowhere(line: str, secret: str) -> None:
    text = f"# R\n## Go\n- [ ] a {line}\n  ```sh\n  {line}\n  ```\n- {line}\n"
    plan = made(text)
    assert secret not in plan.written.text
    assert secret not in repr(plan.found)
    assert not any(one.argv for one in plan.found.commands), "what was taken out cannot be run"


def test_a_private_key_is_nowhere() -> None:
    text = "- [ ] a\n\n```\n-----BEGIN RSA PRIVATE KEY-----\nMIIabc\ndef\n-----END RSA PRIVATE KEY-----\n- [ ] b\n```\n"
    found = read(text, "d.md")
    assert "MIIabc" not in repr(found)
    assert [item.title for item in found.items] == ["a", "b"]


@pytest.mark.parametrize(
    "line",
    [
        "- [ ] Rotate API key: done", "Token: rotated", "- [ ] JWT 토큰 기반 인증", "Secrets 관리 (GitHub Secrets)", "key metrics: p95 < 500ms",
        "ssh -p 22 host", "monkey=1", "mysql -u root --port 3306", "- [ ] 비밀번호 정책: 적용됨", "see https://wiki/a:b", "password: <your password>",
    ],
)  # fmt: skip
def test_the_documents_own_words_stay(line: str) -> None:
    assert list(masked([line])) == [line]
