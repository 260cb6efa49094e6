"""Messages are found again by their keys."""

from __future__ import annotations

from datetime import timedelta

from store_world import Store

from storage.messages import MessageRef


async def test_a_message_is_remembered_changed_and_forgotten(store: Store) -> None:
    await store.begin()
    await store.begin("D2", service="search")
    assert await store.messages.find("D1", "card") is None
    await store.messages.put("D1", "card", "card", "", "C1", "1.000100", "abc")
    await store.messages.put("D1", "page:1", "page", "1:1", "C2", "2.000100", "x")
    await store.messages.put("D2", "card", "card", "", "C1", "3.000100", "y")
    assert await store.messages.find("D1", "card") == MessageRef("C1", "1.000100", "abc")
    store.clock.advance(timedelta(minutes=1))
    await store.messages.put("D1", "card", "card", "", "C1", "9.000100", "def")
    placed = await store.messages.all("D1")
    assert [(one.key, one.view, one.subject, one.ref) for one in placed] == [
        ("card", "card", "", MessageRef("C1", "9.000100", "def")),
        ("page:1", "page", "1:1", MessageRef("C2", "2.000100", "x")),
    ]
    assert placed[0].at - placed[1].at == timedelta(minutes=1)
    await store.messages.forget("D1", "card")
    await store.messages.forget("D1", "card")
    assert await store.messages.find("D1", "card") is None
    assert await store.messages.find("D2", "card") == MessageRef("C1", "3.000100", "y")
