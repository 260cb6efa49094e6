"""What the demo itself tells the person at the page: the welcome, and what there is to do, with the names of the buttons.

It must not know the world's state, nor the bot; the buttons' names stand as people read them on its messages.
"""

from __future__ import annotations

from sandbox.setting import Setting
from sandbox.slack import roster

WELCOME = {
    "en": """*Welcome. This is {about}.*
1. You are {name}, the deployer. Type  `{command}`  below and press Enter.
2. Teammates play the other roles. What only you can do stops the clock; the bar at the top then says *Your turn*, and leads you to the button.
3. Whoever starts a deployment cannot answer GO to it. When a decision is needed, the bar offers to *act as* somebody who can.
4. The pinned card always says what is going on and who is waited for. Its thread is the log.
5. To see it go wrong, press *Break something* once there is traffic, and watch. `/deploy help` lists the commands.""",
    "ko": """*환영합니다. {about}.*
1. 여러분은 배포 담당 {name}입니다. 아래 입력란에  `{command}`  을 입력하고 Enter를 누르세요.
2. 다른 역할은 팀원들이 맡습니다. 여러분만 할 수 있는 일이 생기면 시계가 멈추고, 위쪽 막대에 “내 차례”라고 나옵니다. 누르면 해당 버튼으로 이동합니다.
3. 배포를 시작한 사람은 그 배포에 GO로 답할 수 없습니다. 결정이 필요하면 위쪽 막대에서 답할 수 있는 사람으로 *역할을 바꿀* 수 있습니다.
4. 고정된 카드를 보면 지금 상황과 누구를 기다리는지 알 수 있습니다. 카드의 스레드가 기록입니다.
5. 문제가 생기는 모습을 보려면 트래픽이 들어간 뒤 “고장 내기”를 누르고 지켜보세요. `/deploy help` 로 명령을 모두 볼 수 있습니다.""",
}


def welcome(setting: Setting, language: str) -> str:
    """The tour through one setting."""
    names = {user_id: name for user_id, _, name, _, _ in roster.PEOPLE}
    return WELCOME[language].format(
        about=setting.about[language], name=names[setting.starter], command=setting.command
    )


DO = {
    "en": {
        "item": "settle your item in “{title}” with its button",
        "sign": "press Approve, or I am here, in “{title}”",
        "decide": "answer “{title}”",
        "page": "press Acknowledge on the call",
        "hold": "press Resume on the card",
        "outcome": "say whether the action happened",
        "went": "say how it went in “{title}”",
        "missed": "say what became of “{title}”",
        "todo": "press Done on a step of “{title}”",
        "remedy": "decide about “{title}”",
        "fix": "press Close on “{title}” when the fix is there",
        "next-try": "set the next try after “{title}”",
    },
    "ko": {
        "item": "“{title}”에서 내 항목의 버튼 누르기",
        "sign": "“{title}”에서 승인 또는 참석 누르기",
        "decide": "“{title}”에 답하기",
        "page": "호출에서 응답하기 누르기",
        "hold": "카드에서 재개 누르기",
        "outcome": "실제로 실행되었는지 답하기",
        "went": "“{title}”에서 결과 밝히기",
        "missed": "“{title}” 처리하기",
        "todo": "“{title}” 단계에서 완료 누르기",
        "remedy": "“{title}”에 대해 결정하기",
        "fix": "수정이 끝나면 “{title}” 종료하기",
        "next-try": "“{title}” 다음 시도 정하기",
    },
}
"""What there is to do, by the kind of ask; with the buttons' names."""
BUTTONS = {
    "item": "item.done",
    "sign": "sign.approve",
    "decide": "decision.go",
    "page": "page.ack",
    "missed": "missed.done",
    "outcome": "outcome.happened",
    "went": "went.success",
    "hold": "card.resume",
    "todo": "incident.done",
    "remedy": "incident.",
    "fix": "incident.close",
    "next-try": "incident.next-try",
    "follow": "follow.start",
}
"""The first button that answers each kind of ask, by its action."""
