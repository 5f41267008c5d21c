"""Two coordinators, one of them on a phone, get through a day of thirty requests with few presses.

docs/evidence/working-day.md compares the counts with those of an earlier desk.
"""

from playwright.sync_api import Browser

from tests.support.browser import PASSPHRASE, Site, visit
from tests.support.working_day import day, read_back
from tests.support.working_day.desk_today import TodaysDesk
from tests.support.working_day.hands import Hands, Tally
from tests.support.working_day.requests import SentFromPython
from tests.support.working_day.screens import LAPTOP, PHONE

AT_1EADA43 = 470  # presses, counted by docs/evidence/working_day_at_1eada43.py.txt
BOUND = AT_1EADA43 // 2  # presses


def test_a_working_day_of_two_coordinators_takes_at_most_half_the_presses_of_the_earlier_desk(
    browser: Browser, of_three: Site
) -> None:
    requesters = SentFromPython(of_three, read_back.members(of_three, day.AWAY))
    of_sam, of_kim = Tally(), Tally()
    with visit(browser, **LAPTOP) as laptop, visit(browser, **PHONE) as phone:
        desks: dict[str, day.Desk] = {
            "sam": TodaysDesk(Hands(laptop, of_sam, touch=False), of_three.address, "sam", PASSPHRASE),
            "kim": TodaysDesk(Hands(phone, of_kim, touch=True), of_three.address, "kim", PASSPHRASE),
        }
        day.work(desks, requesters)
    print(f"\n{of_sam + of_kim}\n\nlaptop\n{of_sam}\n\nphone\n{of_kim}")
    assert read_back.outcomes(of_three, day.AWAY) == day.outcomes()
    assert (of_sam + of_kim).presses.total() <= BOUND
