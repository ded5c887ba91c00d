"""The report in a real browser, Debian's chromium: filters, a case opened, colours, keys, and nothing that leaves."""

import base64
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select
from selenium.webdriver.support.ui import WebDriverWait

from harness.core import Completion
from harness.core import Completions
from harness.core import Generate
from harness.core import Score
from harness.core import fingerprint
from harness.printing.numbers import NOTHING
from harness.report.write import write_report

AXE = Path(__file__).parent / "axe" / "axe.min.js"
HOSTILE = (
    "</script></pre><script>document.title='owned'</script><img src=http://127.0.0.1:9/x onerror=alert(1)>{{ 7 * 7 }}"
)
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}


@pytest.fixture(scope="session")
def chromium():
    """One browser for all tests of the session; it logs what its console says and what its network does."""
    found, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if found is None or driver is None:
        if os.environ.get("CI"):
            pytest.fail("chromium and chromedriver: not found; expected Debian's chromium and chromium-driver")
        pytest.skip("chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = found
    # a container has no user namespaces for the sandbox, and little /dev/shm
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,900"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(driver))
    yield browser
    browser.quit()


@pytest.fixture
def opened(chromium, folder):
    """Write the report and open it; afterwards the console must be silent and the network unused."""
    chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    address = (folder.path / "report.html").as_uri()

    def open_page(part=""):
        write_report(folder.write())
        for kind in ("browser", "performance"):
            chromium.get_log(kind)
        chromium.get("about:blank")
        chromium.get(address + part)
        until(chromium, lambda: chromium.execute_script("return 'ready' in document.documentElement.dataset"))
        return chromium

    yield open_page
    assert [entry["message"] for entry in chromium.get_log("browser")] == []
    assert set(requests(chromium)) == {address}


def requests(browser):
    """The addresses that were asked for, without the part after #."""
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            address = message["params"]["request"]["url"]
            if address != "about:blank":
                yield address.partition("#")[0]


def until(browser, condition):
    WebDriverWait(browser, 10, 0.02).until(lambda _: condition())


def choose(browser, name, text):
    Select(browser.find_element(By.NAME, name)).select_by_visible_text(text)


def status(browser):
    return browser.find_element(By.CSS_SELECTOR, "#browser [role=status]").text


def shown(browser):
    return [one.text for one in browser.find_elements(By.CSS_SELECTOR, ".cases .open")]


def opener(browser, case):
    return next(one for one in browser.find_elements(By.CSS_SELECTOR, ".cases .open") if one.text == case)


def detail(browser):
    until(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "tr.detail"))
    return browser.find_element(By.CSS_SELECTOR, "tr.detail")


def test_all_cases_are_listed(opened):
    browser = opened()
    assert status(browser) == "15 cases"
    assert shown(browser) == [f"tin-{row}" for row in range(12)] + [f"moon-{row}" for row in range(3)]


def test_filters_narrow_the_list_and_stand_in_the_address(opened, folder):
    folder.change("tin-3", scores=(Score("exact", (0.0, 1.0), "wrong", "9"),), tags=("level:2",))
    folder.change("tin-4", scores=(Score("exact", (0.0, 1.0), "invalid"),), tags=("level:1",))
    browser = opened()
    choose(browser, "benchmark", "tins")
    assert status(browser) == "12 of 15 cases"
    choose(browser, "show", "wrong")
    assert shown(browser) == ["tin-3"]
    assert browser.current_url.endswith("#cases?benchmark=0&show=wrong")
    choose(browser, "tag", "level:1")
    assert status(browser) == "0 of 15 cases"
    assert browser.find_element(By.CSS_SELECTOR, ".nothing").is_displayed()
    browser.find_element(By.XPATH, "//button[text()='Clear filters']").click()
    assert status(browser) == "15 cases"
    browser.find_element(By.NAME, "text").send_keys("MOON-")
    assert shown(browser) == ["moon-0", "moon-1", "moon-2"]


def test_an_address_with_a_filter_opens_as_it_was(opened, folder):
    folder.change("tin-3", scores=(Score("exact", (0.0, 1.0), "wrong", "9"),))
    assert shown(opened("#cases?benchmark=0&show=wrong")) == ["tin-3"]


@pytest.mark.parametrize(
    "part", ["#cases?benchmark=99&show=x&tag=-1&model=m&change=constructor&from=7", "#cases?%", "#no"]
)
def test_an_address_that_means_nothing_lists_all(opened, part):
    assert status(opened(part)) == "15 cases"


def test_a_count_in_the_score_table_leads_to_its_cases(opened, folder):
    folder.change("tin-4", scores=(Score("exact", (0.0, 1.0), "invalid"),))
    browser = opened()
    browser.find_element(By.CSS_SELECTOR, "#scores a[href*='show=invalid']").click()
    until(browser, lambda: shown(browser) == ["tin-4"])


def test_a_benchmark_of_the_first_screen_opens_below(opened, folder):
    folder.change("tin-4", scores=(Score("exact", (0.0, 1.0), "invalid"),))
    browser = opened()
    assert browser.find_element(By.CSS_SELECTOR, ".doubts li").text.startswith("1 case answered, but with nothing")
    assert not browser.find_element(By.CSS_SELECTOR, "#b-1 table").is_displayed()
    browser.find_element(By.LINK_TEXT, "moons").click()
    until(browser, lambda: browser.find_element(By.CSS_SELECTOR, "#b-1 table").is_displayed())
    assert not browser.find_element(By.CSS_SELECTOR, "#b-0 table").is_displayed()


def test_a_case_opens_with_its_question_and_answer(opened, folder):
    long = "An answer. " * 60
    folder.change("tin-3", responses=(Completions((Completion(long, "length", 200, "hm"),)),))
    browser = opened()
    opener(browser, "tin-3").click()
    texts = [one.get_property("textContent") for one in detail(browser).find_elements(By.TAG_NAME, "pre")]
    assert texts == ["Tin: 2 + 3 =", " 5", "Tin: 4 + 4 =", "8", "hm", long]
    assert "cut off" in detail(browser).text
    opener(browser, "tin-3").click()
    assert not browser.find_elements(By.CSS_SELECTOR, "tr.detail")


def test_an_opened_case_stands_in_the_address_and_opens_again(opened):
    browser = opened()
    opener(browser, "tin-3").click()
    detail(browser)
    assert browser.current_url.endswith("#cases?case=tins%2Ftin-3")
    browser.refresh()
    assert "Tin: 2 + 3 =" in detail(browser).text
    opener(browser, "tin-3").click()
    assert browser.current_url.endswith("#cases")


def test_node_id_and_prompt_can_be_copied(opened):
    browser = opened("#cases?case=moons/moon-0")
    written = (
        "const said = []; navigator.clipboard.writeText = async (text) => { said.push(text); }; window.said = said"
    )
    browser.execute_script(written)
    for button in detail(browser).find_elements(By.CSS_SELECTOR, "button.copy"):
        browser.execute_script("arguments[0].click()", button)
    node = "evals/trust/moons.py::test_moons[toy-moon-0]"
    assert browser.execute_script("return window.said") == ["Is the moon a lamp?", node]


def test_one_token_is_no_tokens(opened, folder):
    folder.change("tin-3", responses=(Completions((Completion(" 8", "stop", 1),)),))
    said = detail(opened("#cases?case=tins/tin-3")).text
    assert "1 token\n" in said


def test_choices_are_shown_with_their_log_p(opened):
    browser = opened("#cases?benchmark=1")
    opener(browser, "moon-0").click()
    rows = [" ".join(row.text.split()) for row in detail(browser).find_elements(By.CSS_SELECTOR, ".choices tbody tr")]
    assert rows == ["0 no target -1.500 1", "1 yes -2.250 1"]


def test_a_case_that_was_not_run_says_so(opened, folder):
    folder.drop("tin-3")
    browser = opened("#cases?show=not_run")
    assert shown(browser) == ["tin-3"]
    opener(browser, "tin-3").click()
    assert "the run has no record of it" in detail(browser).text


def test_two_models_stand_side_by_side_and_their_flips_can_be_listed(opened, folder):
    folder.add_model("other", {"tin-0": " 9", "tin-1": " 7"})
    folder.records = [
        folder.tin("tin-2", " 1") if (one.model, one.case) == ("toy", "tin-2") else one for one in folder.records
    ]
    browser = opened()
    choose(browser, "change", "only toy right")
    assert shown(browser) == ["tin-0", "tin-1"]
    opener(browser, "tin-0").click()
    panes = detail(browser).find_elements(By.CSS_SELECTOR, ".panes .pane")
    assert [pane.find_element(By.TAG_NAME, "h3").text for pane in panes] == ["toy", "other"]
    assert [pane.find_element(By.TAG_NAME, "pre").get_property("textContent") for pane in panes] == [" 8", " 9"]
    assert panes[0].rect["y"] == panes[1].rect["y"]
    choose(browser, "change", "only other right")
    assert shown(browser) == ["tin-2"]
    choose(browser, "change", "changed: one right, one not")
    assert shown(browser) == ["tin-0", "tin-1", "tin-2"]
    link = browser.find_element(By.CSS_SELECTOR, "#compared a[href*='change=lost']")
    browser.execute_script("arguments[0].click()", link)
    until(browser, lambda: shown(browser) == ["tin-0", "tin-1"])


def test_what_changed_between_any_two_of_several_can_be_listed(opened, folder):
    folder.add_model("other", {"tin-0": " 9", "tin-1": " 7"})
    toys = len(folder.records) // 2
    folder.records, others = folder.records[:toys], folder.records[toys:]
    folder.add_model("third", {"tin-5": " 1"})
    folder.records += others
    browser = opened()
    choose(browser, "change", "changed between any two")
    assert shown(browser) == ["tin-0", "tin-1", "tin-5"]


def test_pages_of_cases(opened, folder):
    names = [f"tin-{row}" for row in range(130)]
    folder.records = [folder.tin(name) for name in names]
    folder.manifest["planned"]["toy"] = {"tins": names}
    browser = opened()
    assert status(browser) == "1 to 50 of 130 cases"
    following, back = (browser.find_element(By.CSS_SELECTOR, f".pager .{name}") for name in ("forth", "back"))
    assert not back.is_enabled()
    following.click()
    following.click()
    assert (status(browser), shown(browser)[-1]) == ("101 to 130 of 130 cases", "tin-129")
    assert not following.is_enabled()
    opener(browser, "tin-129").click()
    assert "toy-tin-129" in detail(browser).text


def test_keys_go_from_case_to_case(opened):
    browser = opened()
    opener(browser, "tin-1").send_keys(Keys.ARROW_DOWN)
    assert browser.switch_to.active_element.text == "tin-2"
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert "tin-2" in detail(browser).text
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not browser.find_elements(By.CSS_SELECTOR, "tr.detail")
    browser.switch_to.active_element.send_keys(Keys.END)
    assert browser.switch_to.active_element.text == "moon-2"
    browser.switch_to.active_element.send_keys(Keys.HOME, Keys.ARROW_UP)
    assert browser.switch_to.active_element.text == "tin-0"


def test_colours_are_chosen_and_remembered(opened):
    browser = opened()
    background = "return getComputedStyle(document.body).backgroundColor"
    for name, dark in (("dark", True), ("light", False)):
        browser.find_element(By.XPATH, f"//fieldset//span[text()='{name}']").click()
        assert (max(map(int, browser.execute_script(background)[4:-1].split(","))) < 64) is dark
        browser.refresh()
        until(browser, lambda: browser.execute_script("return 'ready' in document.documentElement.dataset"))
        assert (max(map(int, browser.execute_script(background)[4:-1].split(","))) < 64) is dark
    browser.find_element(By.XPATH, "//fieldset//span[text()='auto']").click()
    for scheme in ("dark", "light"):
        emulate(browser, "prefers-color-scheme", scheme)
        assert (max(map(int, browser.execute_script(background)[4:-1].split(","))) < 64) is (scheme == "dark")


def emulate(browser, feature, value, media=""):
    features = [{"name": feature, "value": value}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})


def test_what_a_model_wrote_is_text_and_nothing_else(opened, folder):
    folder.requests["a" * 64] = Generate(HOSTILE)
    folder.change(
        "tin-0",
        target=HOSTILE,
        tags=(HOSTILE,),
        stratum=HOSTILE,
        prompts=("a" * 64,),
        responses=(Completions((Completion(HOSTILE, "stop", 2, HOSTILE),)),),
        scores=(Score("exact", (0.0, 1.0), "wrong", HOSTILE, HOSTILE),),
    )
    folder.manifest["notes"] = [HOSTILE]
    folder.manifest["planned"] = {HOSTILE: folder.manifest["planned"]["toy"]}
    folder.records = [
        replace(one, model=HOSTILE, case=HOSTILE if one.case == "tin-0" else one.case) for one in folder.records
    ]
    folder.manifest["models"] = {HOSTILE: {"card": {"name": HOSTILE}}}
    folder.manifest["planned"][HOSTILE]["tins"][0] = HOSTILE
    browser = opened()
    browser.find_element(By.CSS_SELECTOR, ".cases .open").click()
    texts = [one.get_property("textContent") for one in detail(browser).find_elements(By.TAG_NAME, "pre")]
    assert texts == [HOSTILE] * 4
    assert browser.title.startswith(HOSTILE)
    assert not browser.find_elements(By.CSS_SELECTOR, "img, iframe, object, form")


def test_the_policy_stops_what_would_act(opened):
    browser = opened()
    markup = "try { document.body.innerHTML = '<b>x</b>'; return 'done' } catch (error) { return error.name }"
    assert browser.execute_script(markup) == "TypeError"
    added = "const made = document.createElement('style'); made.textContent = 'body { display: none }';"
    browser.execute_script(f"{added} document.head.append(made)")
    assert browser.find_element(By.TAG_NAME, "body").is_displayed()
    refused = [entry["message"] for entry in browser.get_log("browser")]
    assert len(refused) == 2
    assert all("Content Security Policy" in one or "TrustedHTML" in one for one in refused)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_axe_finds_nothing_serious(opened, folder, scheme, phone):
    rich(folder)
    browser = opened()
    emulate(browser, "prefers-color-scheme", scheme)
    browser.execute_script("localStorage.clear()")
    browser.refresh()
    until(browser, lambda: browser.execute_script("return 'ready' in document.documentElement.dataset"))
    if phone:
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= PHONE["width"]
    browser.execute_script("for (const one of document.querySelectorAll('details')) one.open = true")
    for case in ("tin-0", "tin-4"):
        browser.execute_script("arguments[0].click()", opener(browser, case))
    until(browser, lambda: len(browser.find_elements(By.CSS_SELECTOR, "tr.detail")) == 2)
    browser.execute_script(AXE.read_text(encoding="utf-8"))
    found = browser.execute_async_script("axe.run().then(arguments[0])")
    assert len(found["passes"]) > 20
    serious = [one for one in found["violations"] if one["impact"] in {"serious", "critical"}]
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in serious] == []


@pytest.mark.parametrize("width", [1440, 1024, 768, 390])
@pytest.mark.parametrize("models", [1, 3])
def test_no_width_scrolls_sideways(opened, folder, width, models):
    for number in range(1, models):
        folder.add_model(f"another-model-of-{number}-billion-parameters", {"tin-0": " 9"})
    browser = opened("#cases?case=tins/tin-0")
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    for part in ("", "details"):
        browser.execute_script(f"for (const one of document.querySelectorAll('{part or 'x'}')) one.open = true")
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    scores = browser.find_element(By.CSS_SELECTOR, "#scores table")
    assert scores.rect["width"] <= width


def rich(folder):
    """All that a report can show: two models, groups, several samples, cut off and missing answers."""
    folder.manifest["benchmarks"]["tins"]["strata"] = "subject"
    request = Generate("Tin?", temperature=0.5, samples=4)
    folder.requests[fingerprint(request)] = request
    many = Completions(tuple(Completion(f" {sample}", "length", sample) for sample in range(4)), 9, 2)
    for row in range(12):
        folder.change(f"tin-{row}", stratum="ab"[row % 2], tags=(f"level:{row % 3}",))
    for row in range(6, 12):
        score = Score("exact", (float(row % 4), 4.0), cause="several")
        folder.change(f"tin-{row}", responses=(many,), prompts=(fingerprint(request),), scores=(score,))
    folder.manifest["benchmarks"]["tins"]["metrics"][0]["reducer"] = "mean"
    folder.change("tin-1", scores=(Score("exact", (0.0, 1.0), "invalid"),))
    folder.add_model("other", {"tin-0": " 9", "tin-4": " "})
    folder.drop("tin-5")


def more(folder, count):
    """So many cases of each benchmark, as the first of it is."""
    for name in ("tin", "moon"):
        first = next(one for one in folder.records if one.case == f"{name}-0")
        ids = [f"{name}-more-{row}" for row in range(count)]
        folder.records += [replace(first, case=case) for case in ids]
        folder.manifest["planned"]["toy"][f"{name}s"] += ids


def test_what_says_nothing_is_not_drawn(opened):
    browser = opened()
    assert not browser.find_elements(By.CSS_SELECTOR, "[data-figure] svg")
    assert "Fewer than 30 cases" in browser.find_element(By.ID, "calibration").text


def test_every_figure_is_drawn_beside_its_table(opened, folder):
    more(folder, 30)
    rich(folder)
    browser = opened()
    for name in ("work", "reliability", "curves"):
        figures = browser.find_elements(By.CSS_SELECTOR, f"[data-figure={name}] svg[role=img]")
        assert figures, name
        for figure in figures:
            assert figure.get_attribute("aria-label")
            assert figure.rect["height"] > 100
    assert browser.find_elements(By.CSS_SELECTOR, "#benchmarks td.plot svg")


def test_programs_are_counted_drawn_and_shown(opened, folder):
    folder.tried((0.2, 0.8))
    browser = opened()
    row = browser.find_element(By.CSS_SELECTOR, "#programs tbody tr").text
    assert row.split()[:6] == ["tins", "24", "23", "12", "11", "1"]
    assert len(browser.find_elements(By.CSS_SELECTOR, "#programs svg.shares rect")) == 3
    (figure,) = browser.find_elements(By.CSS_SELECTOR, "[data-figure=temperatures] svg[role=img]")
    assert [one.text for one in figure.find_elements(By.CSS_SELECTOR, "text.tag.m0")] == ["@1"]
    opener(browser, "tin-1").click()
    shown = detail(browser)
    assert "timeout" in shown.text
    assert "1 of 2 tests passed · CPU 2 s" in shown.text
    assert "2 of 2 tests passed · judged in-jail · CPU 0.012 s · 12.3 MB" in shown.text
    programs = shown.find_elements(By.XPATH, ".//details[summary='program']")
    programs[1].find_element(By.TAG_NAME, "summary").click()
    assert programs[1].find_element(By.TAG_NAME, "pre").text == "while 1:"


def test_a_wrong_program_is_explained_and_passing_ones_described(opened, folder):
    folder.tried()
    cost = {"cpu": 1.5, "memory": None}
    quality = {"cyclomatic": 3, "maintainability": 71.4, "findings": [["B602", "HIGH"]], "cost": cost}
    counterexample = {"call": "f('<b>')", "found": "TimeoutError", "expected": "1"}
    lines = [{"program": "0" * 64, "quality": quality}, {"program": "1" * 64, "counterexample": counterexample}]
    text = "".join(json.dumps({"schema": "crosstask/program/1", **line}) + "\n" for line in lines)
    folder.path.mkdir(parents=True, exist_ok=True)
    (folder.path / "programs.jsonl").write_text(text)
    browser = opened()
    row = browser.find_element(By.CSS_SELECTOR, "#programs table.quality tbody tr").text
    assert row.split() == ["tins", "12", "3", "71", "1.50x", NOTHING, "50", "%", "12", "high", "(B602", "12)"]
    opener(browser, "tin-1").click()
    shown = detail(browser).text
    assert "f('<b>')\n  gives     TimeoutError\n  expected  1" in shown


def test_it_prints_light_what_is_open(opened, folder):
    rich(folder)
    browser = opened("#b-0")
    emulate(browser, "prefers-color-scheme", "dark", media="print")
    assert browser.find_element(By.CSS_SELECTOR, "#scores table").is_displayed()
    assert not browser.find_element(By.TAG_NAME, "nav").is_displayed()
    assert [browser.find_element(By.CSS_SELECTOR, f"#b-{number} table").is_displayed() for number in range(2)] == [
        True,
        False,
    ]
    emulate(browser, "prefers-color-scheme", "light")
    pages = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {})["data"]).count(b"/Type /Page\n")
    assert 1 <= pages <= 4


def test_without_scripts_the_scores_are_still_there(chromium, folder):
    chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        write_report(folder.write())
        chromium.get((folder.path / "report.html").as_uri())
        text = chromium.find_element(By.TAG_NAME, "body").text
        assert "100.0" in text
        assert "it is turned off" in text
    finally:
        chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
