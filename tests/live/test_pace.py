from bigcat_graphql.live.pace import LONGEST_SECONDS, SHORTEST_SECONDS, Pace


def fan_out(pace: Pace, seconds: float) -> None:
    pace.deliver(100.0)
    pace.slow_down(seconds)


def test_the_first_frame_goes_out_at_once() -> None:
    assert Pace().due_at < 0


def test_frames_are_a_tenth_of_a_second_apart() -> None:
    pace = Pace()
    fan_out(pace, 0.001)
    assert pace.due_at == 100.0 + SHORTEST_SECONDS


def test_many_viewers_that_take_long_widen_the_window() -> None:
    pace = Pace()
    for _ in range(50):
        fan_out(pace, 0.5)
    assert 0.9 < pace.window_seconds <= 1.0


def test_the_window_stays_below_its_longest() -> None:
    pace = Pace()
    for _ in range(50):
        fan_out(pace, 60.0)
    assert pace.window_seconds == LONGEST_SECONDS


def test_the_window_narrows_again() -> None:
    pace = Pace()
    fan_out(pace, 5.0)
    wide = pace.window_seconds
    for _ in range(50):
        fan_out(pace, 0.001)
    assert wide > pace.window_seconds == SHORTEST_SECONDS
