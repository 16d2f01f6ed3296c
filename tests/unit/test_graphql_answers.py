"""Which answers are remembered, and for how long?"""

from graphql_api.answers import RecentAnswers


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_answer_is_given_again_for_a_moment_only() -> None:
    clock = Clock()
    answers: RecentAnswers[str] = RecentAnswers(clock, seconds=2)
    answers.put("question", "answer")
    clock.now = 2
    assert answers.get("question") == "answer"
    assert answers.get("another") is None
    clock.now = 2.1
    assert answers.get("question") is None


def test_only_the_newest_answers_are_kept() -> None:
    answers: RecentAnswers[int] = RecentAnswers(Clock(), size=2)
    for number in range(3):
        answers.put(number, number)
    assert [answers.get(number) for number in range(3)] == [None, 1, 2]
